/** log sqrt(2 pi). */
export const LOG_SQRT_TWO_PI = 0.9189385332046727;

/** Where the lower tail is taken from its continued fraction instead of the series. */
const TAIL_FROM = -3;

/** Logarithm of the density of N(mean, sigma²) at x. */
export function logNormalDensity(x: number, mean: number, sigma: number): number {
  const z = (x - mean) / sigma;
  return -0.5 * z * z - LOG_SQRT_TWO_PI - Math.log(sigma);
}

/** Logarithm of the standard normal distribution function, also far below 0. */
export function logNormalCdf(z: number): number {
  if (z < TAIL_FROM) return logNormalDensity(z, 0, 1) + Math.log(tailRatio(-z));
  if (z > -TAIL_FROM) return Math.log1p(-Math.exp(logNormalCdf(-z)));
  return Math.log(0.5 + Math.exp(logNormalDensity(z, 0, 1)) * oddSeries(z));
}

/**
 * P(Z > z) of a standard normal Z, to about 1e-13 of its size down to 1e-308, less below.
 *
 * @returns in [0, 1]
 */
export function normalUpperTail(z: number): number {
  return Math.exp(logNormalCdf(-z));
}

/** Density over distribution function of the standard normal (inverse Mills ratio). */
export function inverseMills(z: number): number {
  if (z < TAIL_FROM) return 1 / tailRatio(-z);
  return Math.exp(logNormalDensity(z, 0, 1) - logNormalCdf(z));
}

/** (1 - Phi(t)) / phi(t) for t >= 3, by Laplace's continued fraction from the back. */
function tailRatio(t: number): number {
  if (t === Infinity) return 0;
  let denominator = t;
  for (let n = 60; n >= 1; n--) denominator = t + n / denominator;
  return 1 / denominator;
}

/** (Phi(z) - 1/2) / phi(z) = sum of z^(2n+1) / (2n+1)!!, all terms of one sign. */
function oddSeries(z: number): number {
  let term = z;
  let sum = z;
  for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
    term *= (z * z) / (2 * n + 1);
    sum += term;
  }
  return sum;
}
