import { DenseMatrix, type Rng, type RunOptions } from '@dance-ts/core';
import { pca } from '@dance-ts/ml';

/** Where points stand before they are moved. */
export type UmapInit = 'pca' | 'random';

/** Each coordinate runs from 0 to this at first. */
const EXTENT = 10;
/** Standard deviation of what keeps equal points apart. */
const JITTER = 1e-4;

/**
 * First coordinates of the points, [n * nComponents]: the leading principal components of their
 * representation (Kobak & Linderman, Nature Biotechnology 39, 2021), or uniform random numbers; each
 * coordinate from 0 to 10, as umap-learn scales them.
 *
 * @throws AbortError
 */
export async function startLayout(
  representation: DenseMatrix,
  {
    init,
    nComponents,
    rng,
    ...run
  }: RunOptions & {
    init: UmapInit | DenseMatrix;
    nComponents: number;
    rng: Rng;
  },
): Promise<Float64Array> {
  const n = representation.nRows;
  if (init === 'random') {
    return Float64Array.from({ length: n * nComponents }, () => EXTENT * rng.uniform());
  }
  const given = init === 'pca' ? await leadingScores(representation, nComponents, rng, run) : init;
  const start = Float64Array.from(given.data);
  for (let d = 0; d < nComponents; d++) stretch(start, d, nComponents);
  return start.map((value) => value + JITTER * rng.normal());
}

/** Principal components, zero beyond their number. */
async function leadingScores(
  X: DenseMatrix,
  nComponents: number,
  rng: Rng,
  run: RunOptions,
): Promise<DenseMatrix> {
  const most = Math.min(nComponents, X.nRows, X.nCols);
  const { scores } = await pca(X, { nComponents: most, rng: rng.fork('pca'), ...run });
  const start = DenseMatrix.zeros(X.nRows, nComponents);
  for (let i = 0; i < X.nRows; i++) start.row(i).set(scores.row(i));
  return start;
}

/** A coordinate from 0 to EXTENT; 0 where it is the same for all points. */
function stretch(values: Float64Array, offset: number, stride: number): void {
  let [least, most] = [Infinity, -Infinity];
  for (let e = offset; e < values.length; e += stride) {
    least = Math.min(least, values[e]!);
    most = Math.max(most, values[e]!);
  }
  const scale = most > least ? EXTENT / (most - least) : 0;
  for (let e = offset; e < values.length; e += stride) values[e] = (values[e]! - least) * scale;
}
