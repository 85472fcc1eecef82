import { DataError, ParamError, type DenseMatrix, type RunOptions } from '@dance-ts/core';
import { UnionFind } from '../graph/union-find.js';
import { nearestNeighbors } from '../neighbors/nearest-neighbors.js';

/** Options of {@link topologicalFilter}. */
export interface TopologicalFilterOptions extends RunOptions {
  /** Smallest difference between the two largest probabilities of a cell, exclusive. */
  readonly epsilon: number;
  /** Neighbors of a cell in the graph whose components are looked at. */
  readonly k: number;
  /** Share of a cell's neighbors that must be of its cluster; 0 leaves the vote out. */
  readonly zeta: number;
  /** Neighbors that vote. */
  readonly kOutlier: number;
}

/** Cells that are left after each step, ascending. */
export interface ReliableCells {
  /** Whose probabilities are decided. */
  readonly confident: Int32Array;
  /** Of these, the largest connected piece of each cluster. */
  readonly connected: Int32Array;
  /** Of these, whose neighbors agree. */
  readonly reliable: Int32Array;
}

/**
 * Cells whose cluster can be relied on (Mrabah et al., AAAI 2023):
 *
 * 1. the margin between the two largest probabilities is above epsilon;
 * 2. the cell lies in the largest connected component of its cluster, in the graph of the k nearest
 *    cells of step 1 whose links across clusters are cut (of equal components, the one with the
 *    lowest cell);
 * 3. among the cell itself and its kOutlier nearest cells of step 2, its cluster is the most
 *    frequent (of equal ones, the lowest number) and has at least zeta kOutlier members.
 *
 * @param latent - embedding, [n, d]
 * @param probabilities - of each cluster, [n, K]
 * @throws DataError if the matrices differ in rows, ParamError for an option out of range; AbortError
 */
export async function topologicalFilter(
  latent: DenseMatrix,
  probabilities: DenseMatrix,
  options: TopologicalFilterOptions,
): Promise<ReliableCells> {
  check(latent, probabilities, options);
  const { classes, margins } = decisions(probabilities);
  const confident = Int32Array.from(margins.keys()).filter((i) => margins[i]! > options.epsilon);
  const connected = await largestComponents(latent, classes, confident, options);
  const reliable = await withoutOutliers(latent, classes, connected, options);
  return { confident, connected, reliable };
}

/** Most probable class of each row, and its lead over the second. */
function decisions({ nRows, nCols, data }: DenseMatrix): {
  classes: Int32Array;
  margins: Float64Array;
} {
  const classes = new Int32Array(nRows);
  const margins = new Float64Array(nRows);
  for (let i = 0; i < nRows; i++) {
    let [best, second, label] = [-Infinity, -Infinity, 0];
    for (let c = 0; c < nCols; c++) {
      const value = data[i * nCols + c]!;
      if (value > best) [best, second, label] = [value, best, c];
      else if (value > second) second = value;
    }
    classes[i] = label;
    margins[i] = best - second;
  }
  return { classes, margins };
}

async function largestComponents(
  latent: DenseMatrix,
  classes: Int32Array,
  cells: Int32Array,
  { k, signal }: TopologicalFilterOptions,
): Promise<Int32Array> {
  const components = new UnionFind(cells.length);
  if (cells.length > 1) {
    const width = Math.min(k, cells.length - 1);
    const { indices } = await nearestNeighbors(latent.selectRows(cells), { k: width, signal });
    indices.forEach((other, e) => {
      const own = Math.floor(e / width);
      if (classes[cells[own]!] === classes[cells[other]!]) components.union(own, other);
    });
  }
  const largest = new Map<number, number>(); // representative of a class's largest component
  for (const [i, cell] of cells.entries()) {
    const label = classes[cell]!;
    const best = largest.get(label);
    if (best === undefined || components.sizeOf(i) > components.sizeOf(best)) {
      largest.set(label, i);
    }
  }
  return cells.filter((cell, i) => {
    const best = largest.get(classes[cell]!);
    return best !== undefined && components.find(i) === components.find(best);
  });
}

async function withoutOutliers(
  latent: DenseMatrix,
  classes: Int32Array,
  cells: Int32Array,
  { kOutlier, zeta, signal }: TopologicalFilterOptions,
): Promise<Int32Array> {
  const width = Math.min(kOutlier, cells.length - 1);
  if (zeta === 0 || width < 1) return cells;
  const { indices } = await nearestNeighbors(latent.selectRows(cells), { k: width, signal });
  const votes = new Map<number, number>();
  return cells.filter((cell, i) => {
    votes.clear();
    const own = classes[cell]!;
    votes.set(own, 1);
    for (const other of indices.subarray(i * width, (i + 1) * width)) {
      const label = classes[cells[other]!]!;
      votes.set(label, (votes.get(label) ?? 0) + 1);
    }
    const count = votes.get(own) ?? 0;
    const isBeaten = [...votes].some(([c, n]) => n > count || (n === count && c < own));
    return !isBeaten && count >= zeta * width;
  });
}

function check(
  latent: DenseMatrix,
  probabilities: DenseMatrix,
  { epsilon, k, kOutlier, zeta }: TopologicalFilterOptions,
): void {
  if (latent.nRows !== probabilities.nRows) {
    throw new DataError('topologicalFilter: rows of embedding and probabilities', {
      got: `${latent.nRows} and ${probabilities.nRows}`,
      expected: 'one row a cell in both',
    });
  }
  const refuse = (name: string, value: number, expected: string): never => {
    throw new ParamError(`topologicalFilter: ${name}`, { got: String(value), expected });
  };
  if (!(epsilon >= 0 && epsilon < 1)) refuse('epsilon', epsilon, 'from 0 to below 1');
  if (!(zeta >= 0 && zeta <= 1)) refuse('zeta', zeta, 'from 0 to 1');
  if (!(Number.isInteger(k) && k >= 1)) refuse('k', k, 'an integer >= 1');
  if (!(Number.isInteger(kOutlier) && kOutlier >= 1)) {
    refuse('kOutlier', kOutlier, 'an integer >= 1');
  }
}
