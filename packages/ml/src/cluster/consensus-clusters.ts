import { CsrMatrix, DenseMatrix, ParamError, type Rng, type RunOptions } from '@dance-ts/core';
import { truncatedSvd } from '../decomposition/truncated-svd.js';
import { kMeans } from './k-means.js';

/** Options of {@link consensusClusters}. */
export interface ConsensusOptions extends RunOptions {
  readonly nClusters: number;
  /** Starts the singular vectors and k-means. */
  readonly rng: Rng;
}

const K_MEANS_RESTARTS = 20;

/**
 * One clustering that agrees with many (Fern & Brodley, Solving cluster ensemble problems by
 * bipartite graph partitioning, ICML 2004). Cells and the clusters of all partitions are the nodes
 * of a graph, each cell joined to the clusters it is in; the graph is cut by k-means on the leading
 * singular vectors of its normalized incidence matrix.
 *
 * @param partitions - the cluster of each cell in each partition, -1 for none
 * @returns cluster of each cell, 0..K-1; -1 for a cell that is in no cluster of any partition
 * @throws ParamError if there is no partition, if their lengths differ, or if there are fewer cells
 *   or clusters than are asked for; AbortError
 */
export async function consensusClusters(
  partitions: readonly Int32Array[],
  options: ConsensusOptions,
): Promise<Int32Array> {
  const { nClusters, rng, signal } = options;
  const { incidence, cells } = incidenceOf(partitions);
  const most = Math.min(incidence.nRows, incidence.nCols);
  if (!(Number.isInteger(nClusters) && nClusters >= 1 && nClusters <= most)) {
    throw new ParamError('consensusClusters: nClusters', {
      got: String(nClusters),
      expected: `an integer from 1 to ${most}, the number of cells or of all clusters`,
    });
  }
  const { U } = await truncatedSvd(incidence, {
    ...{ nComponents: nClusters, rng: rng.fork('vectors'), signal },
  });
  const { labels } = await kMeans(unitRows(U), {
    ...{ nClusters, nInit: K_MEANS_RESTARTS, rng: rng.fork('k-means'), signal },
  });
  const found = new Int32Array(partitions[0]!.length).fill(-1);
  cells.forEach((cell, i) => {
    found[cell] = labels[i]!;
  });
  return found;
}

/** D^-1/2 A E^-1/2 with A the cells in clusters, D and E their degrees; the cells it has as rows. */
function incidenceOf(partitions: readonly Int32Array[]): { incidence: CsrMatrix; cells: number[] } {
  const nCells = partitions[0]?.length ?? 0;
  const odd = partitions.find(({ length }) => length !== nCells);
  if (nCells === 0 || odd !== undefined) {
    throw new ParamError('consensusClusters: partitions', {
      got: odd ? `partitions of ${nCells} and of ${odd.length} cells` : 'no cells',
      expected: 'at least one partition, all of the same cells',
    });
  }
  const columns = new Map<string, number>();
  const sizes: number[] = [];
  const columnsOf = Array.from({ length: nCells }, (_, cell) =>
    partitions.flatMap((labels, p) => {
      if (labels[cell]! < 0) return [];
      const name = `${p}/${labels[cell]!}`;
      const column = columns.get(name) ?? columns.size;
      columns.set(name, column);
      sizes[column] = (sizes[column] ?? 0) + 1;
      return [column];
    }),
  );
  const cells = columnsOf.flatMap((joined, cell) => (joined.length > 0 ? [cell] : []));
  const rows = cells.flatMap((cell, row) => columnsOf[cell]!.map(() => row));
  const entries = cells.flatMap((cell) => columnsOf[cell]!);
  const values = cells.flatMap((cell) => {
    const joined = columnsOf[cell]!;
    return joined.map((column) => 1 / Math.sqrt(joined.length * sizes[column]!));
  });
  return {
    incidence: CsrMatrix.fromTriplets(cells.length, columns.size, rows, entries, values),
    cells,
  };
}

function unitRows(matrix: DenseMatrix): DenseMatrix {
  const unit = DenseMatrix.zeros(matrix.nRows, matrix.nCols);
  for (let i = 0; i < matrix.nRows; i++) {
    const row = matrix.row(i);
    const length = Math.hypot(...row);
    if (length > 0) unit.row(i).set(row.map((value) => value / length));
  }
  return unit;
}
