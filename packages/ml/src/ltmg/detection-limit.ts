import { fitCensoredMixture, type NormalMixture } from './censored-mixture.js';
import { quantileStart } from './gene-mixture.js';

/**
 * Detection limit common to all genes: the place between the means where the two normal components
 * of the genes' smallest log values are equally likely; 0 where there are no two such components.
 *
 * @param smallest - smallest log expression of each expressed gene
 */
export function commonDetectionLimit(smallest: Float64Array): number {
  const values = smallest.slice().sort();
  if (values.length < 3 || values[0] === values.at(-1)) return 0;
  const counts = new Float64Array(values.length).fill(1);
  const sample = { values, counts, nCensored: 0, limit: -Infinity };
  const options = { maxIter: 1000, tol: 1e-8, minSigma: 1e-6 };
  return crossing(fitCensoredMixture(sample, quantileStart(sample, 2), options)) ?? 0;
}

/** Where two weighted normal densities meet between their means. */
function crossing({ weights, means, sigmas }: NormalMixture): number | undefined {
  const [m1 = NaN, m2 = NaN] = means;
  const [s1 = NaN, s2 = NaN] = sigmas;
  const [p1 = NaN, p2 = NaN] = weights;
  // log density 1 - log density 2 = a x² + b x + c
  const a = 0.5 / s2 ** 2 - 0.5 / s1 ** 2;
  const b = m1 / s1 ** 2 - m2 / s2 ** 2;
  const c = 0.5 * (m2 / s2) ** 2 - 0.5 * (m1 / s1) ** 2 + Math.log((p1 * s2) / (p2 * s1));
  const between = (x: number): boolean => x >= Math.min(m1, m2) && x <= Math.max(m1, m2);
  const isLine = Math.abs(a) < 1e-12 * Math.abs(b);
  const root = Math.sqrt(b * b - 4 * a * c);
  const candidates = isLine ? [-c / b] : [(-b + root) / (2 * a), (-b - root) / (2 * a)];
  return candidates.find(between);
}
