import {
  Pacer,
  ParamError,
  type CsrMatrix,
  type DenseMatrix,
  type RunOptions,
} from '@dance-ts/core';
import { sparseRows } from '../sparse-rows.js';
import { pairsWithin, pitchOf } from './spots.js';

// Looked up once: in a sandbox such as a test runner's, each look-up of a global is slow.
const { exp } = Math;

/** Largest l for which the pairs within a radius will do, as a share of the radius. */
const RADIUS_SHARE = 1 / 5;

/**
 * Distances of the pairs of spots at most `radius` apart in the plane of the first two coordinates.
 *
 * @param places - [nSpots, 2 or 3]
 * @throws AbortError
 */
export async function spotDistances(
  places: DenseMatrix,
  radius: number,
  pacer = new Pacer(),
): Promise<CsrMatrix> {
  if (places.nCols < 3) return pairsWithin(places, radius, pacer);
  return pairsWithin(places, radius, pacer, (i, j, inPlane) =>
    Math.hypot(inPlane, places.get(i, 2) - places.get(j, 2)),
  );
}

/** Weights exp(-d^2 / 2 l^2) of the stored distances, and 1 on the diagonal. */
export function gaussianWeights(distances: CsrMatrix, l: number): CsrMatrix {
  return sparseRows(distances.nRows, distances.nRows, (i, add) => {
    const { indices, data } = distances.row(i);
    add(i, 1);
    indices.forEach((j, e) => {
      if (j !== i) add(j, exp(-(data[e]! ** 2) / (2 * l * l)));
    });
  });
}

/** Options of {@link characteristicLength}. */
export interface LengthOptions extends RunOptions {
  /** Weight of all neighbors of a spot relative to its own, on average; default 0.5. */
  readonly p?: number;
  /** Largest deviation from p; default 0.005. */
  readonly tolerance?: number;
}

/** A length and the distances that matter for it. */
export interface CharacteristicLength {
  readonly l: number;
  /** Of the pairs within five times l at least, without the diagonal. */
  readonly distances: CsrMatrix;
}

/**
 * The l for which the mean over spots of sum_j exp(-d_ij^2 / 2 l^2), j not i, is p, by bisection.
 * Only pairs within five l are looked at; those farther away add less than 4e-6 each.
 *
 * Source: Hu et al., Nature Methods 18:1342, 2021 (SpaGCN, `search_l`).
 *
 * @param places - [nSpots, 2 or 3], as `SpaGCNGraph` leaves them in obsm
 * @throws ParamError if p cannot be reached; AbortError
 */
export async function characteristicLength(
  places: DenseMatrix,
  { p = 0.5, tolerance = 0.005, signal }: LengthOptions = {},
): Promise<CharacteristicLength> {
  const pacer = new Pacer(signal);
  if (!(p > 0 && p < places.nRows - 1)) {
    throw new ParamError('weight of the neighbors of a spot', {
      got: `p = ${p} for ${places.nRows} spots`,
      expected: 'above 0 and below the number of other spots',
    });
  }
  let radius = 3 * pitchOf(places);
  let distances = await spotDistances(places, radius, pacer);
  const nAllPairs = places.nRows * (places.nRows - 1);
  const upperEnd = (): number =>
    distances.nnz === nAllPairs ? lengthAbove(distances, p) : radius * RADIUS_SHARE;
  while (distances.nnz < nAllPairs && neighborWeight(distances, upperEnd()) < p) {
    radius *= 2;
    distances = await spotDistances(places, radius, pacer);
  }
  return { l: await bisect(distances, p, tolerance, upperEnd(), pacer), distances };
}

/** Mean over spots of the weights of the others. */
export function neighborWeight({ data, nRows }: CsrMatrix, l: number): number {
  let sum = 0;
  for (const distance of data) sum += exp(-(distance * distance) / (2 * l * l));
  return sum / nRows;
}

function lengthAbove(distances: CsrMatrix, p: number): number {
  let l = distances.data.reduce((most, value) => Math.max(most, value), 0) || 1;
  while (neighborWeight(distances, l) < p) l *= 2;
  return l;
}

async function bisect(
  distances: CsrMatrix,
  p: number,
  tolerance: number,
  end: number,
  pacer: Pacer,
): Promise<number> {
  let [low, high] = [0, end];
  for (let run = 0; run < 200; run++) {
    await pacer.tick();
    const l = (low + high) / 2;
    const reached = neighborWeight(distances, l);
    if (Math.abs(reached - p) <= tolerance) return l;
    if (reached < p) low = l;
    else high = l;
  }
  throw new ParamError('no length gives the neighbors of a spot that weight', {
    got: `p = ${p}`,
    remedy: 'Spots at the same place weigh 1 each at any length; choose a larger p.',
  });
}
