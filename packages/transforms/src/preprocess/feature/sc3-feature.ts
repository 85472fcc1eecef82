import {
  DataError,
  defineParams,
  DenseMatrix,
  Pacer,
  type AnnData,
  type ParamInput,
  type Rng,
} from '@dance-ts/core';
import { kMeans } from '@dance-ts/ml';
import { z } from 'zod';
import { assertFinite } from '../../graph-construct/assert-finite.js';
import { BaseTransform, type TransformContext, type TransformSpec } from '../../transform.js';
import { channelMatrix, channelParams } from '../channel-matrix.js';
import { cellDistances, SC3_DISTANCES } from './sc3-distances.js';
import { laplacianVectors, principalAxes } from './sc3-projections.js';

/** Key of `obsp` for the consensus unless another is asked for. */
export const SC3_KEY = 'SC3Feature';

/** More cells are refused: several matrices of cells x cells are held at a time. */
export const SC3_MOST_CELLS = 8000;

const MOST_DIMENSIONS = 15;

const PROJECTIONS = [
  ['axes', principalAxes],
  ['laplacian', laplacianVectors],
] as const;

const params = defineParams({
  ...channelParams,
  nCluster: z.int().min(1).default(3).describe('Clusters of each k-means'),
  d: z
    .int()
    .min(1)
    .optional()
    .describe(
      'Leading columns to cluster, at most N - 1; if left out, up to 15 numbers from .04 N to .07 N',
    ),
  nInit: z.int().min(1).default(10).describe('Restarts of each k-means'),
  out: z.string().min(1).default(SC3_KEY).describe('Key of obsp for the consensus'),
});

/**
 * Consensus of SC3: the share of clusterings in which two cells are together, [cells, cells] in
 * `obsp[out]`. The clusterings are k-means on the first d columns of two projections (principal axes,
 * eigenvectors of the normalized Laplacian) of three distances (Euclidean, 1 - Pearson, 1 - Spearman),
 * for each d from .04 N to .07 N with N the number of cells, or a random 15 of those. Give it
 * log-normalized values of chosen genes.
 *
 * Memory: several dense matrices of cells x cells in float32, 256 MB each for the 8,000 cells at
 * most. Time: dominated by .07 N eigenvectors of six such matrices. DANCE writes to `uns`.
 *
 * Source: Kiselev et al., Nature Methods 14, 2017; DANCE (SC3Feature).
 */
export class SC3Feature extends BaseTransform<typeof params> {
  static readonly spec: TransformSpec<typeof params> = {
    name: 'SC3Feature',
    group: 'feature',
    summary: 'Share of many clusterings in which two cells are together.',
    formula: 'mean over distances, projections and d of [k-means label i = label j]',
    source: 'Kiselev et al., Nature Methods 14, 2017; DANCE',
    usedBy: [],
    params,
  };

  /** @throws ParamError for an unknown or invalid parameter */
  constructor(input?: ParamInput<typeof params>) {
    super(SC3Feature.spec, input);
  }

  /**
   * @throws DataError for more than 8,000 or fewer than nCluster + 1 cells, or for values not finite;
   *   AbortError
   */
  protected override async transform(data: AnnData, context: TransformContext): Promise<AnnData> {
    const { nCluster, nInit, out } = this.params;
    this.assertSize(data.nObs);
    const X = channelMatrix(data, this.params, this.name);
    assertFinite(X, this.name);
    const { signal } = context;
    const pacer = new Pacer(signal);
    const dimensions = this.dimensions(data.nObs, context.rng.fork('dimensions'));
    const nComponents = Math.max(...dimensions);
    const clusterings: Int32Array[] = [];
    for (const distance of SC3_DISTANCES) {
      const distances = await cellDistances(X, distance, pacer);
      for (const [name, project] of PROJECTIONS) {
        const rng = context.rng.fork(`${distance}/${name}`);
        const columns = await project(distances, { nComponents, rng: rng.fork('svd'), signal });
        for (const d of dimensions) {
          const chosen = columns.selectColumns(Int32Array.from({ length: d }, (_, c) => c));
          const options = { nClusters: nCluster, nInit, rng: rng.fork(`d-${d}`), signal };
          clusterings.push((await kMeans(chosen, options)).labels);
        }
      }
    }
    const view = data.view();
    view.obsp.set(out, await consensus(clusterings, nCluster, pacer));
    return view;
  }

  private assertSize(nCells: number): void {
    if (nCells > SC3_MOST_CELLS) {
      throw new DataError(`${this.name}: too many cells for matrices of cells x cells`, {
        got: `${nCells} cells, ${((nCells * nCells * 4) / 1e9).toFixed(1)} GB a matrix`,
        expected: `at most ${SC3_MOST_CELLS}`,
        remedy: 'Take a random subset of the cells, or CellPCA and k-means on all of them.',
      });
    }
    const { nCluster } = this.params;
    if (nCells > nCluster) return;
    throw new DataError(`${this.name}: too few cells`, {
      got: String(nCells),
      expected: `more than nCluster = ${nCluster}`,
    });
  }

  /** Numbers of columns to cluster. */
  private dimensions(nCells: number, rng: Rng): number[] {
    const most = nCells - 1;
    const { d } = this.params;
    if (d !== undefined) return [Math.min(d, most)];
    const first = Math.max(1, Math.floor(0.04 * nCells));
    const last = Math.min(most, Math.max(first, Math.ceil(0.07 * nCells)));
    const drawn = rng.permutation(last - first + 1).subarray(0, MOST_DIMENSIONS);
    return Array.from(drawn.sort(), (step) => first + step);
  }
}

/**
 * Share of the clusterings in which two cells have the same label.
 *
 * @param clusterings - labels from 0 to nClusters - 1 of all cells, at least one
 * @returns [nCells, nCells]
 * @throws AbortError
 */
export async function consensus(
  clusterings: readonly Int32Array[],
  nClusters: number,
  pacer: Pacer,
): Promise<DenseMatrix> {
  const n = clusterings[0]?.length ?? 0;
  const shares = DenseMatrix.zeros(n, n);
  for (const labels of clusterings) {
    const members = Array.from({ length: nClusters }, (): number[] => []);
    labels.forEach((label, cell) => members[label]!.push(cell));
    for (let i = 0; i < n; i++) {
      if (i % 64 === 0) await pacer.tick();
      const row = shares.row(i);
      for (const j of members[labels[i]!]!) row[j]! += 1;
    }
  }
  return shares.mapData((together) => together / clusterings.length);
}
