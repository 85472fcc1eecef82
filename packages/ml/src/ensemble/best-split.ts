import type { RankTable } from './rank-table.js';

/** Where a node is split: rows with a rank <= `rank` go left. */
export interface Split {
  readonly feature: number;
  /** Largest rank of the left side that occurs in the node. */
  readonly rank: number;
  /** Smallest rank of the right side that occurs in the node. */
  readonly nextRank: number;
  /** Sum over both sides of (sum of squared class weights) / (weight). */
  readonly score: number;
}

/** Rows of a node: `rows[start .. end - 1]`. */
export interface NodeRows {
  readonly rows: Int32Array;
  readonly start: number;
  readonly end: number;
}

/** A histogram is taken where a feature has at most this many times the node's rows in values. */
const HISTOGRAM_FACTOR = 2;

/**
 * Search for the split of a node with the largest decrease of the Gini impurity, one feature at a
 * time: over a histogram of class weights by rank where a feature has few values (two passes over a
 * few numbers for a binary one), over sorted ranks otherwise.
 */
export class SplitFinder {
  private histogram = new Float64Array(0);
  private counts = new Int32Array(0);
  private readonly left: Float64Array;

  constructor(
    private readonly table: RankTable,
    /** [n] class of each row */
    private readonly labels: Int32Array,
    private readonly nClasses: number,
    /** [n] weight of each row in this tree */
    private readonly weight: Float64Array,
    private readonly minSamplesLeaf: number,
  ) {
    this.left = new Float64Array(nClasses);
  }

  /** [nClasses] weight of each class in a node. */
  classTotals(node: NodeRows): Float64Array {
    const totals = new Float64Array(this.nClasses);
    for (let e = node.start; e < node.end; e++) {
      const i = node.rows[e]!;
      totals[this.labels[i]!]! += this.weight[i]!;
    }
    return totals;
  }

  /**
   * Best split of a node by one feature.
   *
   * @returns undefined if no split is allowed; 'constant' if the feature has one value in the node
   */
  best(node: NodeRows, feature: number, totals: Float64Array): Split | 'constant' | undefined {
    const nValues = this.table.values[feature]!.length;
    if (nValues === 1) return 'constant';
    const nRows = node.end - node.start;
    return nValues <= HISTOGRAM_FACTOR * nRows
      ? this.fromHistogram(node, feature, totals, nValues)
      : this.fromSortedRanks(node, feature, totals);
  }

  private fromHistogram(
    node: NodeRows,
    feature: number,
    totals: Float64Array,
    nValues: number,
  ): Split | 'constant' | undefined {
    const { labels, weight, nClasses } = this;
    const { ranks, nRows } = this.table;
    this.reserve(nValues);
    const { histogram, counts } = this;
    const { rows, start, end } = node;
    const offset = feature * nRows;
    for (let e = start; e < end; e++) {
      const i = rows[e]!;
      const rank = ranks[offset + i]!;
      counts[rank]! += 1;
      histogram[rank * nClasses + labels[i]!]! += weight[i]!;
    }
    const scan = new SplitScan(feature, totals, this.left, end - start, this.minSamplesLeaf);
    for (let rank = 0; rank < nValues; rank++) {
      if (counts[rank] === 0) continue;
      scan.arrive(rank);
      scan.add(histogram, rank * nClasses, counts[rank]!);
    }
    return scan.result();
  }

  private fromSortedRanks(
    node: NodeRows,
    feature: number,
    totals: Float64Array,
  ): Split | 'constant' | undefined {
    const { rows, start, end } = node;
    const { ranks, nRows } = this.table;
    const size = end - start;
    const offset = feature * nRows;
    const keys = new Float64Array(size);
    for (let e = 0; e < size; e++) keys[e] = ranks[offset + rows[start + e]!]! * size + e;
    keys.sort();
    const scan = new SplitScan(feature, totals, this.left, size, this.minSamplesLeaf);
    for (const key of keys) {
      const rank = Math.floor(key / size);
      const i = rows[start + (key - rank * size)]!;
      scan.arrive(rank);
      scan.addOne(this.labels[i]!, this.weight[i]!);
    }
    return scan.result();
  }

  /** Zeroed buffers for a number of values. */
  private reserve(nValues: number): void {
    const size = nValues * this.nClasses;
    if (this.counts.length < nValues) {
      this.histogram = new Float64Array(size);
      this.counts = new Int32Array(nValues);
    } else {
      this.histogram.fill(0, 0, size);
      this.counts.fill(0, 0, nValues);
    }
  }
}

/** A pass over a node's values in ascending order that keeps the best place to split. */
class SplitScan {
  private leftCount = 0;
  private leftWeight = 0;
  private readonly totalWeight: number;
  private rank = -1;
  private distinct = 0;
  private best: Split | undefined;

  constructor(
    private readonly feature: number,
    private readonly totals: Float64Array,
    private readonly left: Float64Array,
    private readonly count: number,
    private readonly minSamplesLeaf: number,
  ) {
    left.fill(0);
    this.totalWeight = totals.reduce((sum, value) => sum + value, 0);
  }

  /** The next rows have this rank; the place before them is a candidate. */
  arrive(rank: number): void {
    if (rank === this.rank) return;
    if (this.distinct > 0) this.consider(rank);
    this.rank = rank;
    this.distinct += 1;
  }

  /** Adds rows on the left by their class weights. */
  add(histogram: Float64Array, offset: number, count: number): void {
    for (let c = 0; c < this.left.length; c++) {
      const weight = histogram[offset + c]!;
      this.left[c]! += weight;
      this.leftWeight += weight;
    }
    this.leftCount += count;
  }

  /** Adds one row on the left. */
  addOne(label: number, weight: number): void {
    this.left[label]! += weight;
    this.leftWeight += weight;
    this.leftCount += 1;
  }

  result(): Split | 'constant' | undefined {
    return this.distinct < 2 ? 'constant' : this.best;
  }

  private consider(nextRank: number): void {
    const least = Math.min(this.leftCount, this.count - this.leftCount);
    const rightWeight = this.totalWeight - this.leftWeight;
    if (least < this.minSamplesLeaf || !(this.leftWeight > 0) || !(rightWeight > 0)) return;
    let leftSquares = 0;
    let rightSquares = 0;
    for (let c = 0; c < this.left.length; c++) {
      const own = this.left[c]!;
      const other = this.totals[c]! - own;
      leftSquares += own * own;
      rightSquares += other * other;
    }
    const score = leftSquares / this.leftWeight + rightSquares / rightWeight;
    if (this.best !== undefined && score <= this.best.score) return;
    this.best = { feature: this.feature, rank: this.rank, nextRank, score };
  }
}
