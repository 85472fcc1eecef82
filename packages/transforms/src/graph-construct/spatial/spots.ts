import { CsrMatrix, DataError, DenseMatrix, type AnnData, type Pacer } from '@dance-ts/core';
import { assertFinite } from '../assert-finite.js';
import { sparseRowsInSteps } from '../sparse-rows.js';
import { PointGrid } from './point-grid.js';

/** Keys of obsm with the places of the spots, as DANCE names them. */
export const SPATIAL_KEYS = { array: 'spatial', pixel: 'spatial_pixel' } as const;

/**
 * Places of the spots, [nSpots, 2]. Without `spatial_pixel`, `spatial` is read, which is where
 * scanpy keeps pixels.
 *
 * @param owner - name of the transform, for messages
 * @throws DataError if there are none, if they are not finite, or for an empty data set
 */
export function spotPlaces(data: AnnData, channel: string, owner: string): DenseMatrix {
  const fallback = channel === SPATIAL_KEYS.pixel ? SPATIAL_KEYS.array : channel;
  const places = data.obsm.get(channel) ?? data.obsm.get(fallback);
  if (!(places instanceof DenseMatrix) || places.nCols < 2 || places.nRows === 0) {
    throw new DataError(`${owner}: the data have no places of spots obsm["${channel}"]`, {
      got: `obsm with ${[...data.obsm.keys()].join(', ') || 'nothing'}`,
      expected: 'a dense matrix of spots x 2 coordinates',
      remedy: 'Read data of a spatial technology, or name the entry that holds the coordinates.',
    });
  }
  assertFinite(places, owner, `obsm["${channel}"]`);
  return places;
}

/** Median distance of a spot to the nearest other one; 1 for a single spot. */
export function pitchOf(places: DenseMatrix): number {
  if (places.nRows < 2) return 1;
  const grid = new PointGrid(places);
  const nearest = Float64Array.from(
    { length: places.nRows },
    (_, i) => grid.nearest(i, 1)[0]?.distance ?? 0,
  ).sort();
  const positive = nearest.filter((distance) => distance > 0);
  return positive[positive.length >> 1] ?? 1;
}

/**
 * Distances of the pairs of spots at most `radius` apart, both directions, without the diagonal.
 *
 * @param places - [nSpots, 2]
 * @param distance - of two spots near each other, if not that of their places; stored even if 0
 * @throws AbortError
 */
export async function pairsWithin(
  places: DenseMatrix,
  radius: number,
  pacer: Pacer,
  distance?: (i: number, j: number, inPlane: number) => number,
): Promise<CsrMatrix> {
  const grid = new PointGrid(places, radius);
  return sparseRowsInSteps(places.nRows, places.nRows, pacer, (i, add) => {
    grid.forEachWithin(i, radius, (j, inPlane) => {
      add(j, distance === undefined ? inPlane : distance(i, j, inPlane));
    });
  });
}

/**
 * A spot graph that a transform left in `obsp`, [nSpots, nSpots].
 *
 * @throws DataError if there is none
 */
export function readSpotGraph(data: AnnData, key: string): CsrMatrix {
  const graph = data.obsp.get(key);
  if (graph instanceof CsrMatrix) return graph;
  throw new DataError(`the data have no sparse spot graph obsp["${key}"]`, {
    remedy: `Run the transform ${key}, or the preprocess method of the model.`,
  });
}
