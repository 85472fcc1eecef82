import type { Matrix, Rng } from '@dance-ts/core';
import { SplitFinder, type NodeRows, type Split } from './best-split.js';
import { midpoint, type RankTable } from './rank-table.js';

/** A binary tree in arrays, one entry a node; node 0 is the root. */
export interface ClassificationTree {
  /** Feature of the split, -1 in a leaf. */
  readonly feature: Int32Array;
  /** Rows with a value <= threshold go left. */
  readonly threshold: Float64Array;
  readonly left: Int32Array;
  readonly right: Int32Array;
  /** [nNodes * nClasses] shares of the classes. */
  readonly shares: Float32Array;
}

/** What a tree is grown on. */
export interface TreeSample {
  readonly table: RankTable;
  /** [n] class of each row */
  readonly labels: Int32Array;
  readonly nClasses: number;
  /** [n] weight of each row; rows of weight 0 are not used. */
  readonly weight: Float64Array;
}

/** When to stop and what to try. */
export interface TreeOptions {
  /** Features tried at each split. */
  readonly maxFeatures: number;
  /** Largest depth of a leaf (Infinity for none). */
  readonly maxDepth: number;
  readonly minSamplesSplit: number;
  readonly minSamplesLeaf: number;
}

/** A node that waits to be split. */
interface Pending extends NodeRows {
  readonly node: number;
  readonly depth: number;
}

/**
 * Grows a tree by CART (Breiman et al., 1984) with the Gini impurity; features are drawn anew at
 * each split, and drawing goes on until one of them varies in the node.
 *
 * @param importances - [nFeatures], the weighted decreases of impurity are added to it
 */
export function growTree(
  sample: TreeSample,
  options: TreeOptions,
  rng: Rng,
  importances: Float64Array,
): ClassificationTree {
  return new TreeGrower(sample, options, rng, importances).grow();
}

/** Adds the shares of the leaf of each row to `out[n * nClasses]`. */
export function addTreeShares(tree: ClassificationTree, X: Matrix, out: Float64Array): void {
  const { feature, threshold, left, right, shares } = tree;
  const k = shares.length / feature.length;
  const scratch = new Float32Array(X.kind === 'csr' ? X.nCols : 0);
  for (let i = 0; i < X.nRows; i++) {
    const row = X.kind === 'csr' ? scatter(X.row(i), scratch) : X.row(i);
    let node = 0;
    while (feature[node]! >= 0) {
      node = row[feature[node]!]! <= threshold[node]! ? left[node]! : right[node]!;
    }
    for (let c = 0; c < k; c++) out[i * k + c]! += shares[node * k + c]!;
    if (X.kind === 'csr') for (const j of X.row(i).indices) row[j] = 0;
  }
}

function scatter(
  { indices, data }: { indices: Int32Array; data: Float32Array },
  row: Float32Array,
): Float32Array {
  for (let e = 0; e < indices.length; e++) row[indices[e]!] = data[e]!;
  return row;
}

class TreeGrower {
  private readonly finder: SplitFinder;
  private readonly features: Int32Array;
  private readonly rows: Int32Array;
  private readonly spare: Int32Array;
  private readonly feature: number[] = [];
  private readonly threshold: number[] = [];
  private readonly left: number[] = [];
  private readonly right: number[] = [];
  private readonly shares: number[] = [];

  constructor(
    private readonly sample: TreeSample,
    private readonly options: TreeOptions,
    private readonly rng: Rng,
    private readonly importances: Float64Array,
  ) {
    const { table, labels, nClasses, weight } = sample;
    this.finder = new SplitFinder(table, labels, nClasses, weight, options.minSamplesLeaf);
    this.features = Int32Array.from({ length: table.nCols }, (_, f) => f);
    this.rows = Int32Array.from(weight.keys()).filter((i) => weight[i]! > 0);
    this.spare = new Int32Array(this.rows.length);
  }

  grow(): ClassificationTree {
    const { rows } = this;
    const pending: Pending[] = [
      { node: this.addNode(), depth: 0, rows, start: 0, end: rows.length },
    ];
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      const totals = this.finder.classTotals(next);
      const weight = totals.reduce((sum, value) => sum + value, 0);
      totals.forEach((value, c) => (this.shares[next.node * totals.length + c] = value / weight));
      const split = this.chooseSplit(next, totals);
      if (split === undefined) continue;
      pending.push(...this.divide(next, split, totals, weight));
    }
    return {
      feature: Int32Array.from(this.feature),
      threshold: Float64Array.from(this.threshold),
      left: Int32Array.from(this.left),
      right: Int32Array.from(this.right),
      shares: Float32Array.from(this.shares),
    };
  }

  private addNode(): number {
    this.feature.push(-1);
    this.threshold.push(0);
    this.left.push(-1);
    this.right.push(-1);
    return this.feature.length - 1;
  }

  private chooseSplit(node: Pending, totals: Float64Array): Split | undefined {
    const { maxFeatures, maxDepth, minSamplesSplit } = this.options;
    const nRows = node.end - node.start;
    const pure = totals.filter((value) => value > 0).length < 2;
    if (pure || node.depth >= maxDepth || nRows < minSamplesSplit) return undefined;
    const { features, rng } = this;
    let best: Split | undefined;
    let variable = 0;
    for (let tried = 0; tried < features.length; tried++) {
      if (tried >= maxFeatures && variable > 0) break;
      const drawn = tried + rng.int(features.length - tried);
      const feature = features[drawn]!;
      features[drawn] = features[tried]!;
      features[tried] = feature;
      const split = this.finder.best(node, feature, totals);
      if (split === 'constant') continue;
      variable += 1;
      if (split !== undefined && (best === undefined || split.score > best.score)) best = split;
    }
    return best;
  }

  private divide(parent: Pending, split: Split, totals: Float64Array, weight: number): Pending[] {
    const { rows, start, end, depth, node } = parent;
    const middle = this.partition(parent, split);
    const left = this.addNode();
    const right = this.addNode();
    const values = this.sample.table.values[split.feature]!;
    this.feature[node] = split.feature;
    this.threshold[node] = midpoint(values[split.rank]!, values[split.nextRank]!);
    this.left[node] = left;
    this.right[node] = right;
    const squares = totals.reduce((sum, value) => sum + value * value, 0);
    this.importances[split.feature]! += split.score - squares / weight;
    return [
      { node: right, depth: depth + 1, rows, start: middle, end },
      { node: left, depth: depth + 1, rows, start, end: middle },
    ];
  }

  /** Reorders the node's rows, left ones first, each side in its order; returns the boundary. */
  private partition({ rows, start, end }: Pending, split: Split): number {
    const { ranks, nRows } = this.sample.table;
    const offset = split.feature * nRows;
    let middle = start;
    let nRight = 0;
    for (let e = start; e < end; e++) {
      const i = rows[e]!;
      if (ranks[offset + i]! <= split.rank) rows[middle++] = i;
      else this.spare[nRight++] = i;
    }
    rows.set(this.spare.subarray(0, nRight), middle);
    return middle;
  }
}
