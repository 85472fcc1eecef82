const MAX_TERMS = 10000;
const SMALLEST = 1e-300;
/** Where the series of the gamma ratio has 1e-12 of its value left. */
const SERIES_FROM = 30;
/** Of sqrt(a) times powers of 1 / a. */
const SERIES = [-399 / 262144, -21 / 32768, 5 / 1024, 1 / 128, -1 / 8, 1];

/**
 * P(|T| \>= |t|) of Student's T: I_x(df / 2, 1 / 2) with x = df / (df + t^2), to about 1e-10 of its size
 * also far in the tails.
 *
 * Source: Abramowitz & Stegun 26.7.1; continued fraction 8.17.22 of the NIST Digital Library of
 * Mathematical Functions, evaluated by Lentz's method.
 *
 * @param t - statistic; NaN gives NaN
 * @param df - degrees of freedom, \> 0, not necessarily whole
 */
export function studentTwoSided(t: number, df: number): number {
  if (Number.isNaN(t) || !(df > 0)) return NaN;
  if (t === 0) return 1;
  if (!Number.isFinite(t)) return 0;
  const ratio = (t * t) / df;
  const a = df / 2;
  // log of x^a (1 - x)^(1/2) / B(a, 1/2); x and 1 - x each without cancellation.
  const logX = -Math.log1p(ratio);
  const logY = Math.log(ratio) + logX;
  const logFactor = a * logX + 0.5 * logY + Math.log(gammaRatio(a) / Math.sqrt(Math.PI));
  const x = 1 / (1 + ratio);
  const y = ratio * x;
  if (x < (a + 1) / (a + 2.5)) return (Math.exp(logFactor) * fraction(a, 0.5, x)) / a;
  return 1 - (Math.exp(logFactor) * fraction(0.5, a, y)) / 0.5;
}

/** Gamma(a + 1/2) / Gamma(a) by its asymptotic series after a shift by the recurrence. */
function gammaRatio(a: number): number {
  let shift = 1;
  let large = a;
  for (; large < SERIES_FROM; large++) shift *= large / (large + 0.5);
  const series = SERIES.reduce((sum, coefficient) => sum / large + coefficient);
  return shift * Math.sqrt(large) * series;
}

/** The continued fraction of the incomplete beta function; fast for x \< (a + 1) / (a + b + 2). */
function fraction(a: number, b: number, x: number): number {
  let c = 1;
  let d = 1 / awayFromZero(1 - ((a + b) * x) / (a + 1));
  let value = d;
  for (let m = 1; m <= MAX_TERMS; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / awayFromZero(1 + even * d);
    c = awayFromZero(1 + even / c);
    value *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / awayFromZero(1 + odd * d);
    c = awayFromZero(1 + odd / c);
    value *= d * c;
    if (Math.abs(d * c - 1) < 1e-15) break;
  }
  return value;
}

function awayFromZero(value: number): number {
  return Math.abs(value) < SMALLEST ? SMALLEST : value;
}
