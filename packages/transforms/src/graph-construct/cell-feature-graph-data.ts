import {
  CsrMatrix,
  DataError,
  DenseMatrix,
  type AnnData,
  type NdArray,
  type UnsDict,
  type UnsValue,
} from '@dance-ts/core';

/** Key of `uns` under which the graph is kept unless another is asked for. */
export const CELL_FEATURE_GRAPH_KEY = 'CellFeatureGraph';

/**
 * Weighted bipartite graph of cells and genes with node features. Besides the edges stored, every
 * node has a self loop of weight 1.
 */
export interface CellFeatureGraphData {
  /** Edges from genes into cells, [nCells, nGenes]. */
  readonly toCell: CsrMatrix;
  /** Edges from cells into genes, [nGenes, nCells]; the same edges, possibly other weights. */
  readonly toGene: CsrMatrix;
  /** [nCells, nFeatures] */
  readonly cellFeatures: DenseMatrix;
  /** [nGenes, nFeatures] */
  readonly geneFeatures: DenseMatrix;
}

/** The graph as a dictionary for `uns`, with the key names of the file format. */
export function cellFeatureGraphToUns(graph: CellFeatureGraphData): UnsDict {
  return new Map<string, CsrMatrix | DenseMatrix>([
    ['to_cell', graph.toCell],
    ['to_gene', graph.toGene],
    ['cell_features', graph.cellFeatures],
    ['gene_features', graph.geneFeatures],
  ]);
}

/**
 * The cell-gene graph that `CellFeatureGraph` left in `uns`.
 *
 * @throws DataError if there is none, or if it does not fit the cells and genes
 */
export function readCellFeatureGraph(
  data: AnnData,
  key = CELL_FEATURE_GRAPH_KEY,
): CellFeatureGraphData {
  const stored = data.uns.get(key);
  if (!(stored instanceof Map)) {
    throw new DataError(`the data have no cell-gene graph uns["${key}"]`, {
      remedy: 'Run the transform CellFeatureGraph, or the preprocess method of the model.',
    });
  }
  const { nObs, nVars } = data;
  const graph = {
    toCell: sparsePart(stored, 'to_cell', key),
    toGene: sparsePart(stored, 'to_gene', key),
    cellFeatures: densePart(stored, 'cell_features', key),
    geneFeatures: densePart(stored, 'gene_features', key),
  };
  assertShape(graph.toCell, [nObs, nVars], `${key}/to_cell`);
  assertShape(graph.toGene, [nVars, nObs], `${key}/to_gene`);
  assertShape(graph.cellFeatures, [nObs, graph.geneFeatures.nCols], `${key}/cell_features`);
  assertShape(graph.geneFeatures, [nVars, graph.geneFeatures.nCols], `${key}/gene_features`);
  return graph;
}

function sparsePart(graph: UnsDict, name: string, key: string): CsrMatrix {
  const part = graph.get(name);
  if (part instanceof CsrMatrix) return part;
  throw missing(`${key}/${name}`, 'a sparse matrix');
}

function densePart(graph: UnsDict, name: string, key: string): DenseMatrix {
  const part = graph.get(name);
  if (part instanceof DenseMatrix) return part;
  if (isPlane(part))
    return new DenseMatrix(part.shape[0], part.shape[1], Float32Array.from(part.data));
  throw missing(`${key}/${name}`, 'a dense matrix');
}

/** A 2-D array, which is what a dense matrix can come back as from a file. */
function isPlane(
  part: UnsValue | undefined,
): part is NdArray & { readonly shape: readonly [number, number] } {
  return typeof part === 'object' && part !== null && 'shape' in part && part.shape.length === 2;
}

function missing(name: string, expected: string): DataError {
  return new DataError(`the cell-gene graph is incomplete at uns["${name}"]`, {
    expected,
    remedy: 'Run the transform CellFeatureGraph again.',
  });
}

function assertShape(
  part: CsrMatrix | DenseMatrix,
  [nRows, nCols]: readonly [number, number],
  name: string,
): void {
  if (part.nRows === nRows && part.nCols === nCols) return;
  throw new DataError(`uns["${name}"] does not fit the data`, {
    got: `${part.nRows} x ${part.nCols}`,
    expected: `${nRows} x ${nCols}`,
    remedy: 'Run CellFeatureGraph after every step that selects cells or genes.',
  });
}
