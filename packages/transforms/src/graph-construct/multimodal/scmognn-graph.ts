import {
  CsrMatrix,
  DataError,
  defineParams,
  Pacer,
  ParamError,
  type AnnData,
  type NumericArray,
  type ParamInput,
} from '@dance-ts/core';
import { z } from 'zod';
import { BaseTransform, type TransformContext, type TransformSpec } from '../../transform.js';
import { cellFeatureEdges, edgesToUns } from './cell-feature-bipartite-graph.js';
import { pathwayGraph, type PathwayGraph } from './pathway-graph.js';

/** Key of `uns` under which the graph is kept unless another is asked for. */
export const SCMOGNN_GRAPH_KEY = 'ScMoGNNGraph';

const params = defineParams({
  geneSets: z
    .record(z.string(), z.array(z.string()))
    .optional()
    .describe('Genes of each pathway by its name (parseGmt reads them); none if left out'),
  pathwayWeight: z
    .enum(['cos', 'one', 'pearson', 'spearman'])
    .default('cos')
    .describe('Weight of two genes of a pathway: similarity over the training cells, or 1'),
  pathwayThreshold: z
    .number()
    .default(0.1)
    .describe('Edges between genes must weigh more than this in size; below 0 keeps all'),
  out: z.string().min(1).default(SCMOGNN_GRAPH_KEY).describe('Key of uns for the graph'),
});

/**
 * Graph of ScMoGNN: cells and features joined by the values of X, and genes joined with those they
 * share pathways with. Read it back with `readCellFeatureBipartiteGraph(data, 'ScMoGNNGraph')` and
 * `readPathwayGraph`.
 *
 * Similarities of genes are taken over the training cells only. DANCE's `inductive` is a choice of
 * rows of `toCell`, its `cellInit` the transform CellSVD.
 *
 * Source: Wen et al., KDD 2022, equation 29; DANCE.
 */
export class ScMoGNNGraph extends BaseTransform<typeof params> {
  static readonly spec: TransformSpec<typeof params> = {
    name: 'ScMoGNNGraph',
    group: 'graph',
    summary: 'Joins cells with features, and genes with those of the same pathways.',
    formula: 'A = [[0, X], [X^T, P]]',
    source: 'Wen et al., KDD 2022',
    usedBy: ['ScMoGNN'],
    params,
  };

  /** @throws ParamError for an unknown or invalid parameter */
  constructor(input?: ParamInput<typeof params>) {
    super(ScMoGNNGraph.spec, input);
  }

  /** @throws ParamError if no gene is in a pathway; DataError for values not finite; AbortError */
  protected override async transform(data: AnnData, context: TransformContext): Promise<AnnData> {
    const { geneSets, pathwayWeight, pathwayThreshold, out } = this.params;
    const edges = cellFeatureEdges(data, 'X', this.name);
    const graph = new Map<string, CsrMatrix | NumericArray>(edgesToUns(edges));
    if (geneSets !== undefined) {
      this.assertKnown(data, geneSets);
      const training = edges.toCell.selectRows(data.splits.train);
      const { weights, degrees } = await pathwayGraph(training, data.varNames, geneSets, {
        weight: pathwayWeight,
        threshold: pathwayThreshold,
        pacer: new Pacer(context.signal),
      });
      graph.set('pathway', weights).set('pathway_degrees', degrees);
    }
    const view = data.view();
    view.uns.set(out, graph);
    return view;
  }

  private assertKnown(data: AnnData, geneSets: Readonly<Record<string, readonly string[]>>): void {
    const genes = Object.values(geneSets).flat();
    if (genes.some((gene) => data.var.indexOf(gene) >= 0)) return;
    throw new ParamError(`${this.name}: no gene of the pathways is in the data`, {
      got: `${genes.slice(0, 3).join(', ')} ... and ${data.varNames.slice(0, 3).join(', ')} ...`,
      remedy: 'Give pathways by the names in var, for example gene symbols.',
    });
  }
}

/**
 * The edges between genes that `ScMoGNNGraph` left in `uns`; undefined if it was given no pathways.
 *
 * @throws DataError if the transform did not run, or genes were chosen since
 */
export function readPathwayGraph(data: AnnData, key = SCMOGNN_GRAPH_KEY): PathwayGraph | undefined {
  const stored = data.uns.get(key);
  if (!(stored instanceof Map)) {
    throw new DataError(`the data have no graph uns["${key}"]`, {
      remedy: 'Run the transform ScMoGNNGraph, or the preprocess method of the model.',
    });
  }
  const [weights, degrees] = [stored.get('pathway'), stored.get('pathway_degrees')];
  if (!(weights instanceof CsrMatrix && ArrayBuffer.isView(degrees))) return undefined;
  if (weights.nRows === data.nVars) return { weights, degrees: Int32Array.from(degrees) };
  throw new DataError(`uns["${key}"] does not fit the genes`, {
    got: `${weights.nRows} genes`,
    expected: String(data.nVars),
    remedy: 'Run ScMoGNNGraph after every step that selects genes.',
  });
}
