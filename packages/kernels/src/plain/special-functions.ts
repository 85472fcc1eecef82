const HALF_LOG_TWO_PI = 0.9189385332046727;
const STIRLING_FROM = 10;

/**
 * log Γ(x) for x >= 0, NaN below; absolute error below 1e-14 max(1, |value|). Stirling's series
 * (Abramowitz and Stegun 6.1.41) after a shift by the recurrence.
 */
export function lgamma(x: number): number {
  if (x === 0 || x === Infinity) return Infinity;
  if (!(x > 0)) return NaN;
  let shift = 1;
  let y = x;
  for (; y < STIRLING_FROM; y++) shift *= y;
  const inverse = 1 / y;
  const square = inverse * inverse;
  let series = -691 / 360360;
  for (const coefficient of [1 / 1188, -1 / 1680, 1 / 1260, -1 / 360, 1 / 12]) {
    series = series * square + coefficient;
  }
  return (y - 0.5) * Math.log(y) - y + HALF_LOG_TWO_PI + series * inverse - Math.log(shift);
}

/** ψ(x) = d log Γ(x) / dx for x >= 0, NaN below (Abramowitz and Stegun 6.3.18). */
export function digamma(x: number): number {
  if (x === 0) return -Infinity;
  if (x === Infinity) return Infinity;
  if (!(x > 0)) return NaN;
  let shift = 0;
  let y = x;
  for (; y < STIRLING_FROM; y++) shift += 1 / y;
  const inverse = 1 / y;
  const square = inverse * inverse;
  let series = -691 / 32760;
  for (const coefficient of [1 / 132, -1 / 240, 1 / 252, -1 / 120, 1 / 12]) {
    series = series * square + coefficient;
  }
  return Math.log(y) - inverse / 2 - series * square - shift;
}

/** Error function: Taylor series near 0, continued fraction of the complement in the tails. */
export function erf(x: number): number {
  const size = Math.abs(x);
  if (Number.isNaN(x)) return NaN;
  if (size > 6) return Math.sign(x);
  return size < 2.5 ? erfSeries(x) : Math.sign(x) * (1 - erfcFraction(size));
}

/** erf(x) = 2/√π e^(-x²) Σ 2^n x^(2n+1) / (2n+1)!!; all terms have one sign. */
function erfSeries(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

/** erfc(x) by Laplace's continued fraction, from the back. */
function erfcFraction(x: number): number {
  let fraction = x;
  for (let n = 80; n >= 1; n--) fraction = x + n / 2 / fraction;
  return Math.exp(-x * x) / (Math.sqrt(Math.PI) * fraction);
}
