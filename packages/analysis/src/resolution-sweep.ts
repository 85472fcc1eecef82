import {
  defaultReporter,
  defineParams,
  Pacer,
  parseParams,
  Rng,
  type AnnData,
  type DenseMatrix,
  type ParamInput,
  type ParamValues,
  type Reporter,
  type RunOptions,
} from '@dance-ts/core';
import { adjustedRandIndex, silhouetteScore } from '@dance-ts/metrics';
import { leiden, louvain, type Communities } from '@dance-ts/ml';
import { z } from 'zod';
import {
  fullGraph,
  sampleGraph,
  type CellGraph,
  type GraphSource,
} from './resolution-sweep-graph.js';
import { storeSweep } from './resolution-sweep-table.js';
import { denseRepresentation } from './neighbors-input.js';

/** Parameters of {@link resolutionSweep}. */
export const resolutionSweepParams = defineParams({
  useRep: z.string().min(1).default('X_pca').describe('Key of obsm to measure distances in'),
  connectivities: z
    .string()
    .min(1)
    .optional()
    .describe('Key of obsp with a graph to cluster; made from the representation if left out'),
  nNeighbors: z
    .int()
    .min(2)
    .default(15)
    .describe('Neighbors of a cell in the graph made, itself counted; at most all cells'),
  method: z.enum(['leiden', 'louvain']).default('leiden').describe('How communities are found'),
  resolutions: z
    .array(z.number().positive())
    .min(1)
    .default([0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.2, 1.6, 2])
    .describe('Resolutions to try'),
  nBootstraps: z.int().min(2).default(10).describe('Subsamples to cluster at each resolution'),
  fraction: z
    .number()
    .min(0.1)
    .max(0.99)
    .default(0.8)
    .describe('Share of the cells in a subsample'),
  silhouetteCells: z
    .int()
    .min(10)
    .default(2000)
    .describe('The most cells to compute the silhouette of, chosen at random'),
  seed: z.int().default(0).describe('Seed of all random numbers'),
  keyAdded: z
    .string()
    .min(1)
    .optional()
    .describe('Key of obs for the suggested clusters and of uns for the table; none if left out'),
});

/** Options of {@link resolutionSweep}. */
export type ResolutionSweepOptions = ParamInput<typeof resolutionSweepParams> & RunOptions;

/** What came of one resolution. */
export interface ResolutionStep {
  readonly resolution: number;
  /** Cluster of each cell, 0..nClusters-1 by decreasing size. */
  readonly labels: Int32Array;
  readonly nClusters: number;
  /** Modularity at this resolution; not to be compared between resolutions. */
  readonly modularity: number;
  /** Mean silhouette in the representation; NaN with one cluster, or without a representation. */
  readonly silhouette: number;
  /** Mean adjusted Rand index of the clusterings of subsamples with this one. */
  readonly stability: number;
  /** Standard error of that mean. */
  readonly stabilityError: number;
}

/** What {@link resolutionSweep} found. */
export interface ResolutionSweep {
  /** By ascending resolution. */
  readonly steps: readonly ResolutionStep[];
  /** One of `steps`; undefined if none has two clusters or more. */
  readonly suggested: ResolutionStep | undefined;
}

type Params = ParamValues<typeof resolutionSweepParams>;

interface SweepContext {
  readonly rng: Rng;
  readonly pacer: Pacer;
  readonly signal: AbortSignal | undefined;
  readonly reporter: Reporter;
}

/**
 * Clusters the cells at several resolutions and tells how well each clustering stands: how far
 * clusters lie apart (silhouette), and whether they are found again in random subsamples of the
 * cells (mean adjusted Rand index of both clusterings over the cells they share, an idea of
 * Ben-Hur, Elisseeff & Guyon, Pac. Symp. Biocomput. 2002). No labels are looked at.
 *
 * The suggestion: of the resolutions with two clusters or more, take those that are as stable as the
 * most stable one within its standard error; of these, the one with the largest silhouette; of
 * equals, the lowest resolution. Coarse clusterings tend to be more stable than fine ones: look at
 * the whole table.
 *
 * A subsample has a graph of its own neighbors; with `connectivities`, the part of that graph among
 * its cells. The graph is clustered (1 + nBootstraps) times at each resolution. With `keyAdded` the
 * suggested clusters are written to `obs` (as texts, in the order of their sizes) and the table to
 * `uns`; else the data stay as they are.
 *
 * @throws DataError without the representation or graph, and for values that are not finite;
 *   ParamError for an unknown or invalid parameter; AbortError
 */
export async function resolutionSweep(
  data: AnnData,
  options: ResolutionSweepOptions = {},
): Promise<ResolutionSweep> {
  const { signal, reporter = defaultReporter(), ...given } = options;
  const params = parseParams(resolutionSweepParams, given, 'resolutionSweep');
  const rng = Rng.fromSeed(params.seed).fork('resolutionSweep');
  const context = { rng, pacer: new Pacer(signal), signal, reporter };
  const representation =
    params.connectivities === undefined || data.obsm.has(params.useRep)
      ? denseRepresentation(data, params.useRep, 'resolutionSweep')
      : undefined;
  const source = { data, representation, ...params };
  const resolutions = [...new Set(params.resolutions)].sort((a, b) => a - b);
  const found = await clusterings(source, params, resolutions, context);
  const steps: ResolutionStep[] = [];
  for (const [r, resolution] of resolutions.entries()) {
    const { labels, modularity, agreements } = found[r]!;
    const silhouette = await sampledSilhouette(representation, labels, params, context);
    const nClusters = new Set(labels).size;
    const { mean: stability, error: stabilityError } = meanWithError(agreements);
    steps.push({
      ...{ resolution, labels, nClusters, modularity, silhouette, stability, stabilityError },
    });
  }
  const sweep = { steps, suggested: suggestedStep(steps) };
  if (sweep.suggested === undefined) {
    reporter.message(
      'warning',
      'resolutionSweep: no resolution gives two clusters; try higher ones',
    );
  }
  if (params.keyAdded !== undefined) storeSweep(data, sweep, params.keyAdded);
  return sweep;
}

/** The clusters of all cells, and their agreement with those of each subsample. */
type Clustering = Communities & { readonly agreements: readonly number[] };

async function clusterings(
  source: GraphSource,
  params: Params,
  resolutions: readonly number[],
  context: SweepContext,
): Promise<Clustering[]> {
  const { nBootstraps } = params;
  const total = resolutions.length * (1 + nBootstraps);
  let done = 0;
  const clustered = async ({ adjacency }: CellGraph, name: string): Promise<Communities[]> => {
    const found: Communities[] = [];
    for (const resolution of resolutions) {
      await context.pacer.tick();
      found.push(
        await (params.method === 'leiden' ? leiden : louvain)(adjacency, {
          ...{ resolution, rng: context.rng.fork(`${name}/${resolution}`), signal: context.signal },
        }),
      );
      context.reporter.progress({ task: 'resolutionSweep: clustering', done: ++done, total });
    }
    return found;
  };
  const full = await clustered(await fullGraph(source, context), 'all');
  const agreements = resolutions.map((): number[] => []);
  for (let b = 0; b < nBootstraps; b++) {
    const graph = await sampleGraph(source, context.rng.fork(`cells-${b}`), context);
    const found = await clustered(graph, `sample-${b}`);
    found.forEach(({ labels }, r) => {
      const before = Int32Array.from(graph.cells, (cell) => full[r]!.labels[cell]!);
      agreements[r]!.push(adjustedRandIndex(before, labels));
    });
  }
  return full.map((communities, r) => ({ ...communities, agreements: agreements[r]! }));
}

/** The same cells for all resolutions. */
async function sampledSilhouette(
  representation: DenseMatrix | undefined,
  labels: Int32Array,
  { silhouetteCells }: Params,
  { rng, signal }: SweepContext,
): Promise<number> {
  if (representation === undefined) return NaN;
  const cells = rng
    .fork('silhouette')
    .permutation(labels.length)
    .subarray(0, silhouetteCells)
    .sort();
  const sampled = cells.map((cell) => labels[cell]!);
  const nClusters = new Set(sampled).size;
  if (nClusters < 2 || nClusters >= sampled.length) return NaN;
  return silhouetteScore(representation.selectRows(cells), sampled, { signal });
}

function meanWithError(values: readonly number[]): { mean: number; error: number } {
  const n = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, error: Math.sqrt(squares / (n - 1) / n) };
}

/** See {@link resolutionSweep} for the rule. */
export function suggestedStep(steps: readonly ResolutionStep[]): ResolutionStep | undefined {
  const real = steps.filter(({ nClusters }) => nClusters > 1);
  const [first, ...others] = real;
  if (first === undefined) return undefined;
  const best = others.reduce((a, b) => (b.stability > a.stability ? b : a), first);
  const stable = real.filter(({ stability }) => stability >= best.stability - best.stabilityError);
  return stable.reduce((a, b) => (silhouetteOf(b) > silhouetteOf(a) ? b : a), stable[0] ?? best);
}

function silhouetteOf({ silhouette }: ResolutionStep): number {
  return Number.isNaN(silhouette) ? -1 : silhouette;
}
