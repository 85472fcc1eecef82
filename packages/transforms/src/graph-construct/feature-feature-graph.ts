import {
  CsrMatrix,
  DataError,
  defineParams,
  Pacer,
  type AnnData,
  type ParamInput,
} from '@dance-ts/core';
import { z } from 'zod';
import { BaseTransform, type TransformContext, type TransformSpec } from '../transform.js';
import { assertFinite } from './assert-finite.js';
import { GeneCorrelations } from './gene-correlations.js';
import { rbfSimilarities, type GeneSimilarities } from './gene-similarities.js';

/** Key of `varp` under which the graph is kept unless another is asked for. */
export const FEATURE_FEATURE_GRAPH_KEY = 'FeatureFeatureGraph';

const BLOCK = 256;

const params = defineParams({
  threshold: z
    .number()
    .min(0)
    .default(0.3)
    .describe('Smallest absolute similarity of two genes that are joined'),
  positiveOnly: z.boolean().default(false).describe('Join no genes of negative similarity'),
  normalizeEdges: z
    .boolean()
    .default(true)
    .describe('Weigh an edge by 1 / sqrt(degree x degree) instead of 1'),
  scoreFunc: z
    .enum(['pearson', 'spearman', 'rbf'])
    .default('pearson')
    .describe('Similarity: a correlation, or exp(-distance / (scale x median distance))'),
  scale: z.number().positive().default(1).describe('Width of the similarity "rbf"'),
  out: z.string().min(1).default(FEATURE_FEATURE_GRAPH_KEY).describe('Key of varp for the graph'),
});

/**
 * Graph of similar genes in `varp`: an edge joins two genes whose similarity over all cells is at
 * least the threshold in size, and every gene with itself. Read it back with
 * `readFeatureFeatureGraph`.
 *
 * A constant gene has similarity 0 with all others. (DANCE's NaN passes the threshold, so there it
 * is joined to every gene.)
 *
 * Memory: (cells + genes) x 1 KiB while it runs, and the graph; with `rbf` also genes x genes x 4
 * bytes for the median.
 *
 * Source: Rao et al., iScience 24:102393, 2021 (GraphSCI); DANCE.
 */
export class FeatureFeatureGraph extends BaseTransform<typeof params> {
  static readonly spec: TransformSpec<typeof params> = {
    name: 'FeatureFeatureGraph',
    group: 'graph',
    summary: 'Builds the graph of genes with similar expression.',
    formula: 'A[g, h] = 1 / sqrt(deg g deg h) where |corr(g, h)| >= threshold or g = h',
    source: 'Rao et al., iScience 24:102393, 2021',
    usedBy: ['GraphSCI'],
    params,
  };

  /** @throws ParamError for an unknown or invalid parameter */
  constructor(input?: ParamInput<typeof params>) {
    super(FeatureFeatureGraph.spec, input);
  }

  /** @throws DataError for values not finite; AbortError */
  protected override async transform(data: AnnData, context: TransformContext): Promise<AnnData> {
    const { threshold, positiveOnly, normalizeEdges, scoreFunc, scale, out } = this.params;
    assertFinite(data.X, this.name);
    const pacer = new Pacer(context.signal);
    const similarities =
      scoreFunc === 'rbf'
        ? await rbfSimilarities(data.X, scale, pacer)
        : await GeneCorrelations.of(data.X, scoreFunc);
    const joins = (value: number): boolean =>
      Math.abs(value) >= threshold && value !== 0 && !(positiveOnly && value < 0);
    const graph = await joined(similarities, data.nVars, joins, pacer);
    const view = data.view();
    view.varp.set(out, normalizeEdges ? symmetricallyNormalized(graph) : graph);
    return view;
  }
}

/**
 * The graph that `FeatureFeatureGraph` left in `varp`, [nGenes, nGenes], self loops included.
 *
 * @throws DataError if there is none
 */
export function readFeatureFeatureGraph(data: AnnData, key = FEATURE_FEATURE_GRAPH_KEY): CsrMatrix {
  const graph = data.varp.get(key);
  if (graph instanceof CsrMatrix) return graph;
  throw new DataError(`the data have no sparse gene graph varp["${key}"]`, {
    remedy: 'Run the transform FeatureFeatureGraph, or the preprocess method of the model.',
  });
}

/** Ones on the diagonal and where `joins` says so, decided once for both directions. */
async function joined(
  similarities: GeneSimilarities,
  nGenes: number,
  joins: (similarity: number) => boolean,
  pacer: Pacer,
): Promise<CsrMatrix> {
  const rows: number[] = [];
  const columns: number[] = [];
  const join = (g: number, h: number): void => {
    rows.push(g);
    columns.push(h);
  };
  for (let start = 0; start < nGenes; start += BLOCK) {
    await pacer.tick();
    const width = Math.min(BLOCK, nGenes - start);
    const block = similarities.with(Int32Array.from({ length: width }, (_, k) => start + k));
    for (let g = start; g < nGenes; g++) {
      const row = block.row(g);
      for (let k = 0; k < Math.min(width, g - start); k++) {
        if (!joins(row[k]!)) continue;
        join(g, start + k);
        join(start + k, g);
      }
    }
  }
  for (let g = 0; g < nGenes; g++) join(g, g);
  const ones = new Float32Array(rows.length).fill(1);
  return CsrMatrix.fromTriplets(nGenes, nGenes, rows, columns, ones);
}

function symmetricallyNormalized(graph: CsrMatrix): CsrMatrix {
  const roots = graph.rowSums().map((degree) => 1 / Math.sqrt(degree));
  const scaled = graph.scaleRows(roots);
  return scaled.withData(scaled.data.map((weight, e) => weight * roots[scaled.indices[e]!]!));
}
