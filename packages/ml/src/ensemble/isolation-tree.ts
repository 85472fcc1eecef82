import type { DenseMatrix, CsrMatrix, Matrix, Rng } from '@dance-ts/core';
import type { ClassificationTree } from './classification-tree.js';

/**
 * A tree whose leaves hold, as their one share, the path length of the rows that end there: the
 * depth, and what is to be expected below it.
 */
export type IsolationTree = ClassificationTree;

const EULER_GAMMA = 0.577215664901532860606;

/** Mean depth at which an unsuccessful search ends in a binary search tree of n keys, c(n). */
export function averagePathLength(n: number): number {
  if (n <= 1) return 0;
  if (n === 2) return 1;
  return 2 * (Math.log(n - 1) + EULER_GAMMA) - (2 * (n - 1)) / n;
}

/**
 * Grows a tree on the rows of a sample: each split takes a feature at random among those that vary
 * in the node and a threshold at random between its least and largest value there.
 *
 * @param maxDepth - largest depth of a leaf
 */
export function growIsolationTree(sample: Matrix, maxDepth: number, rng: Rng): IsolationTree {
  const columns = sample.kind === 'dense' ? new DenseColumns(sample) : new SparseColumns(sample);
  return new IsolationTreeGrower(columns, maxDepth, rng).grow();
}

/** Reads a feature of some rows. */
interface ColumnReader {
  readonly nRows: number;
  readonly nCols: number;
  /** Writes the feature of the rows to the start of `out`. */
  read(feature: number, rows: Int32Array, out: Float32Array): void;
}

class DenseColumns implements ColumnReader {
  readonly nRows: number;
  readonly nCols: number;

  constructor(private readonly X: DenseMatrix) {
    this.nRows = X.nRows;
    this.nCols = X.nCols;
  }

  read(feature: number, rows: Int32Array, out: Float32Array): void {
    const { data, nCols } = this.X;
    for (let e = 0; e < rows.length; e++) out[e] = data[rows[e]! * nCols + feature]!;
  }
}

class SparseColumns implements ColumnReader {
  readonly nRows: number;
  readonly nCols: number;
  private readonly columns: CsrMatrix;
  private readonly scratch: Float32Array;

  constructor(X: CsrMatrix) {
    this.nRows = X.nRows;
    this.nCols = X.nCols;
    this.columns = X.transpose();
    this.scratch = new Float32Array(X.nRows);
  }

  read(feature: number, rows: Int32Array, out: Float32Array): void {
    const { scratch } = this;
    const { indices, data } = this.columns.row(feature);
    for (let e = 0; e < indices.length; e++) scratch[indices[e]!] = data[e]!;
    for (let e = 0; e < rows.length; e++) out[e] = scratch[rows[e]!]!;
    for (const i of indices) scratch[i] = 0;
  }
}

/** A node that waits to be split, with its part of the rows. */
interface Pending {
  readonly node: number;
  readonly depth: number;
  readonly start: number;
  readonly end: number;
}

interface RandomSplit {
  readonly feature: number;
  readonly threshold: number;
}

class IsolationTreeGrower {
  private readonly rows: Int32Array;
  private readonly spare: Int32Array;
  private readonly column: Float32Array;
  private readonly features: Int32Array;
  private readonly feature: number[] = [];
  private readonly threshold: number[] = [];
  private readonly left: number[] = [];
  private readonly right: number[] = [];
  private readonly path: number[] = [];

  constructor(
    private readonly columns: ColumnReader,
    private readonly maxDepth: number,
    private readonly rng: Rng,
  ) {
    this.rows = Int32Array.from({ length: columns.nRows }, (_, i) => i);
    this.spare = new Int32Array(columns.nRows);
    this.column = new Float32Array(columns.nRows);
    this.features = Int32Array.from({ length: columns.nCols }, (_, f) => f);
  }

  grow(): IsolationTree {
    const root = { depth: 0, start: 0, end: this.rows.length };
    const pending: Pending[] = [{ ...root, node: this.addNode(root) }];
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      const isLeaf = next.depth >= this.maxDepth || next.end - next.start < 2;
      const split = isLeaf ? undefined : this.chooseSplit(next);
      if (split !== undefined) pending.push(...this.divide(next, split));
    }
    return {
      feature: Int32Array.from(this.feature),
      threshold: Float64Array.from(this.threshold),
      left: Int32Array.from(this.left),
      right: Int32Array.from(this.right),
      shares: Float32Array.from(this.path),
    };
  }

  private addNode({ depth, start, end }: Omit<Pending, 'node'>): number {
    this.feature.push(-1);
    this.threshold.push(0);
    this.left.push(-1);
    this.right.push(-1);
    this.path.push(depth + averagePathLength(end - start));
    return this.feature.length - 1;
  }

  /** Nothing if no feature varies. The values of the feature are left in `column`. */
  private chooseSplit({ start, end }: Pending): RandomSplit | undefined {
    const { features, rng, column } = this;
    const rows = this.rows.subarray(start, end);
    for (let tried = 0; tried < features.length; tried++) {
      const drawn = tried + rng.int(features.length - tried);
      const feature = features[drawn]!;
      features[drawn] = features[tried]!;
      features[tried] = feature;
      this.columns.read(feature, rows, column);
      let [least, most] = [column[0]!, column[0]!];
      for (let e = 1; e < rows.length; e++) {
        least = Math.min(least, column[e]!);
        most = Math.max(most, column[e]!);
      }
      if (least === most) continue;
      const threshold = least + rng.uniform() * (most - least);
      return { feature, threshold: threshold < most ? threshold : least };
    }
    return undefined;
  }

  private divide({ node, depth, start, end }: Pending, split: RandomSplit): Pending[] {
    const middle = this.partition(start, end, split.threshold);
    const leftPart = { depth: depth + 1, start, end: middle };
    const rightPart = { depth: depth + 1, start: middle, end };
    const left = this.addNode(leftPart);
    const right = this.addNode(rightPart);
    this.feature[node] = split.feature;
    this.threshold[node] = split.threshold;
    this.left[node] = left;
    this.right[node] = right;
    return [
      { ...rightPart, node: right },
      { ...leftPart, node: left },
    ];
  }

  /** Left rows first, each side in its order; returns the boundary. */
  private partition(start: number, end: number, threshold: number): number {
    const { rows, spare, column } = this;
    let middle = start;
    let nRight = 0;
    for (let e = start; e < end; e++) {
      if (column[e - start]! <= threshold) rows[middle++] = rows[e]!;
      else spare[nRight++] = rows[e]!;
    }
    rows.set(spare.subarray(0, nRight), middle);
    return middle;
  }
}
