import {
  CsrMatrix,
  DataError,
  type AnnData,
  type DenseMatrix,
  type Rng,
  type RunOptions,
} from '@dance-ts/core';
import { nearestNeighbors, umapConnectivities } from '@dance-ts/ml';

/** What graphs of cells are made from. */
export interface GraphSource {
  readonly data: AnnData;
  readonly representation: DenseMatrix | undefined;
  /** Key of obsp with a graph; else it is made from the representation. */
  readonly connectivities?: string | undefined;
  readonly nNeighbors: number;
  readonly fraction: number;
  readonly seed: number;
}

/** A graph among some of the cells. */
export interface CellGraph {
  /** The cells in ascending order, [n]. */
  readonly cells: Int32Array;
  /** [n, n], symmetric. */
  readonly adjacency: CsrMatrix;
}

const FEWEST_CELLS = 3;

/** The graph of all cells. */
export async function fullGraph(source: GraphSource, run: RunOptions): Promise<CellGraph> {
  return graphAmong(
    source,
    Int32Array.from({ length: source.data.nObs }, (_, i) => i),
    run,
  );
}

/**
 * The graph of a random part of the cells.
 *
 * @throws DataError if this part has fewer than three cells
 */
export async function sampleGraph(
  source: GraphSource,
  rng: Rng,
  run: RunOptions,
): Promise<CellGraph> {
  const { nObs } = source.data;
  const count = Math.round(source.fraction * nObs);
  if (count < FEWEST_CELLS) {
    throw new DataError('resolutionSweep: too few cells in a subsample', {
      got: `${count} of ${nObs}`,
      expected: `at least ${FEWEST_CELLS}`,
      remedy: 'Raise the fraction, or cluster so few cells by hand.',
    });
  }
  return graphAmong(source, rng.permutation(nObs).subarray(0, count).sort(), run);
}

async function graphAmong(
  { data, representation, connectivities, nNeighbors, seed }: GraphSource,
  cells: Int32Array,
  { signal, reporter }: RunOptions,
): Promise<CellGraph> {
  const isAll = cells.length === data.nObs;
  if (connectivities !== undefined || representation === undefined) {
    const graph = storedGraph(data, connectivities ?? '');
    const adjacency = isAll ? graph : graph.selectRows(cells).selectColumns(cells);
    return { cells, adjacency };
  }
  const neighbors = await nearestNeighbors(
    isAll ? representation : representation.selectRows(cells),
    {
      ...{ k: Math.min(nNeighbors, cells.length) - 1, seed, signal, reporter },
    },
  );
  return { cells, adjacency: umapConnectivities(neighbors) };
}

function storedGraph(data: AnnData, key: string): CsrMatrix {
  const graph = data.obsp.get(key);
  if (graph instanceof CsrMatrix) return graph;
  throw new DataError(`resolutionSweep: the data have no sparse obsp["${key}"]`, {
    got: `obsp with ${[...data.obsp.keys()].join(', ') || 'nothing'}`,
    remedy: 'Name one of those (connectivities), or leave it out to build a graph.',
  });
}
