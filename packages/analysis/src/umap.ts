import {
  DataError,
  defaultReporter,
  defineParams,
  DenseMatrix,
  ParamError,
  parseParams,
  Rng,
  type AnnData,
  type ParamInput,
  type RunOptions,
  type UnsValue,
} from '@dance-ts/core';
import { nearestNeighbors, umapConnectivities } from '@dance-ts/ml';
import { neighborParams } from '@dance-ts/transforms';
import { z } from 'zod';
import { denseRepresentation } from './neighbors-input.js';
import { fitSimilarityCurve } from './umap-curve.js';
import { optimizeLayout } from './umap-layout.js';
import { startLayout } from './umap-start.js';

/** Parameters of {@link umap}. */
export const umapParams = defineParams({
  useRep: z.string().min(1).default('X_pca').describe('Key of obsm to measure distances in'),
  ...neighborParams,
  minDist: z
    .number()
    .min(0)
    .default(0.5)
    .describe('Distance up to which points lie close together'),
  spread: z.number().positive().default(1).describe('Scale on which similarity falls off beyond'),
  nComponents: z.int().min(1).default(2).describe('Coordinates a cell'),
  nEpochs: z
    .int()
    .min(1)
    .optional()
    .describe('Passes; 500 up to 10,000 cells and 200 beyond if left out'),
  learningRate: z.number().positive().default(1).describe('Length of the first steps'),
  negativeSampleRate: z
    .int()
    .min(0)
    .default(5)
    .describe('Cells pushed away for each neighbor drawn near'),
  init: z
    .enum(['pca', 'random'])
    .default('pca')
    .describe('Where cells stand at first: principal components, or anywhere'),
  seed: z.int().default(0).describe('Seed of all random numbers'),
  keyAdded: z.string().min(1).default('X_umap').describe('Key of obsm for the coordinates'),
});

/** Options of {@link umap}. */
export type UmapOptions = ParamInput<typeof umapParams> &
  RunOptions & {
    /** Coordinates to start from, [nObs, nComponents], in place of `init`. */
    readonly start?: DenseMatrix;
  };

/** Data of more cells than this take fewer epochs. */
const FEW_CELLS = 10_000;

/**
 * Coordinates of the cells in a picture in which cells alike lie close together: UMAP (McInnes, Healy
 * & Melville, arXiv:1802.03426) of a representation of the cells. Neighbors and connectivities are
 * those of scanpy's `pp.neighbors`; parameters mean what they do in `tl.umap`.
 *
 * Writes `obsm[keyAdded]` and, as scanpy does, a and b of the similarity curve to `uns['umap']`
 * (`uns[keyAdded]` under another key). The same seed gives the same coordinates.
 *
 * Memory: nObs x nNeighbors x 50 bytes. Starts from principal components by default, where scanpy
 * starts from eigenvectors of the graph.
 *
 * @returns coordinates, [nObs, nComponents]
 * @throws DataError without the representation, for a value that is not finite and for fewer than
 *   three cells; ParamError for an unknown or invalid parameter; AbortError
 */
export async function umap(data: AnnData, options: UmapOptions = {}): Promise<DenseMatrix> {
  const { signal, reporter = defaultReporter(), start: given, ...rest } = options;
  const params = parseParams(umapParams, rest, 'umap');
  const { nComponents, spread, minDist } = params;
  if (minDist > spread) {
    throw new ParamError('umap: minDist is larger than spread', {
      got: `${minDist} and ${spread}`,
      remedy: 'Take a minDist of at most the spread.',
    });
  }
  assertStart(given, data.nObs, nComponents);
  const run = { signal, reporter };
  const representation = denseRepresentation(data, params.useRep, 'umap');
  const neighbors = await nearestNeighbors(representation, {
    ...run,
    k: Math.min(params.nNeighbors, data.nObs) - 1,
    metric: params.metric,
    seed: params.seed,
  });
  const rng = Rng.fromSeed(params.seed).fork('umap');
  const points = await startLayout(representation, {
    ...run,
    init: given ?? params.init,
    nComponents,
    rng: rng.fork('start'),
  });
  const curve = fitSimilarityCurve(minDist, spread);
  await optimizeLayout(umapConnectivities(neighbors), points, {
    ...run,
    nComponents,
    nEpochs: params.nEpochs ?? (data.nObs <= FEW_CELLS ? 500 : 200),
    learningRate: params.learningRate,
    negativeSampleRate: params.negativeSampleRate,
    curve,
    rng: rng.fork('layout'),
  });
  const coordinates = new DenseMatrix(data.nObs, nComponents, Float32Array.from(points));
  data.obsm.set(params.keyAdded, coordinates);
  const unsKey = params.keyAdded === 'X_umap' ? 'umap' : params.keyAdded;
  const fitted = new Map<string, UnsValue>([
    ['a', curve.a],
    ['b', curve.b],
  ]);
  data.uns.set(unsKey, new Map<string, UnsValue>([['params', fitted]]));
  return coordinates;
}

function assertStart(start: DenseMatrix | undefined, nObs: number, nComponents: number): void {
  if (start === undefined) return;
  if (start.nRows !== nObs || start.nCols !== nComponents) {
    throw new DataError('umap: the start does not fit the data', {
      got: `${start.nRows} x ${start.nCols}`,
      expected: `${nObs} x ${nComponents}`,
    });
  }
  if (!start.data.every(Number.isFinite)) {
    throw new DataError('umap: the start holds a value that is not finite');
  }
}
