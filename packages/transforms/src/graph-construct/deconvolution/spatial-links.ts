import type { CsrMatrix, DenseMatrix } from '@dance-ts/core';
import { sparseRows } from '../sparse-rows.js';
import { PointGrid } from '../spatial/point-grid.js';
import { pitchOf } from '../spatial/spots.js';

/** What STdGCN divides the weights of spots near in place by. */
const DIVISOR = 20;

/** In pitches; two spots at one place would weigh without bound. */
const NEAREST = 0.1;

/** Options of {@link spatialLinks}. */
export interface SpatialLinkOptions {
  /** At most this many nearest spots. */
  readonly nNeighbors: number;
  /** Only spots nearer than this, in pitches. */
  readonly radius: number;
  /** Weigh by 1 / distance instead of 1. */
  readonly soft: boolean;
}

/**
 * Weights of spots near in place, over 20, [n, n] and symmetric: of two spots that are not both
 * among the nearest of the other, too. Undefined without places, or if all spots are in one place.
 *
 * @param places - [n, 2]
 */
export function spatialLinks(
  places: DenseMatrix | undefined,
  { nNeighbors, radius, soft }: SpatialLinkOptions,
): CsrMatrix | undefined {
  if (places === undefined || isOnePlace(places)) return undefined;
  const pitch = pitchOf(places);
  const grid = new PointGrid(places, radius * pitch);
  const k = Math.min(nNeighbors, places.nRows - 1);
  const directed = sparseRows(places.nRows, places.nRows, (i, add) => {
    for (const { point, distance } of grid.nearest(i, k)) {
      const steps = distance / pitch;
      if (steps < radius) add(point, (soft ? 1 / Math.max(NEAREST, steps) : 1) / DIVISOR);
    }
  });
  const reversed = directed.transpose();
  return sparseRows(places.nRows, places.nRows, (i, add) => {
    const { indices, data } = directed.row(i);
    indices.forEach((j, e) => {
      add(j, data[e]!);
    });
    const other = reversed.row(i);
    other.indices.forEach((j, e) => {
      if (directed.get(i, j) === 0) add(j, other.data[e]!);
    });
  });
}

function isOnePlace(places: DenseMatrix): boolean {
  for (let i = 1; i < places.nRows; i++) {
    if (places.get(i, 0) !== places.get(0, 0) || places.get(i, 1) !== places.get(0, 1))
      return false;
  }
  return true;
}
