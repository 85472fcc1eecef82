/**
 * Edges of a graph are the stored entries of a CSR matrix in their order: entry e in row i with
 * column j is the edge from j to i. Arrays over edges are `[nnz, heads]`, arrays over nodes
 * `[n, heads * width]`, head by head; each head has weights and features of its own.
 */
export interface Edges {
  readonly nRows: number;
  /** `[nRows + 1]`, non-decreasing offsets into `indices` and the arrays over edges. */
  readonly indptr: Int32Array;
  /** `[nnz]`, columns. */
  readonly indices: Int32Array;
}

/** The same edges by column. */
export interface EdgesByColumn {
  /** `[nColumns + 1]`, offsets into `rows` and `entries`. */
  readonly indptr: Int32Array;
  /** `[nnz]`, row of each edge. */
  readonly rows: Int32Array;
  /** `[nnz]`, place of each edge among the stored entries. */
  readonly entries: Int32Array;
}

/** Sampled product: `out[e, h] = a[i, h, :] . b[j, h, :]` for each edge e = (i, j). */
export interface SddmmArgs extends Edges {
  /** `[nRows, heads * width]`. */
  readonly a: Float32Array;
  /** `[nColumns, heads * width]`. */
  readonly b: Float32Array;
  readonly heads: number;
  readonly width: number;
  /** `[nnz, heads]`, overwritten. */
  readonly out: Float32Array;
}

/** `out[i, h, :]` = sum over the edges e = (i, j) of `weights[e, h] x[j, h, :]`. */
export interface EdgeAggregateArgs extends Edges {
  /** Which edge each entry is (for a transpose, see {@link EdgesByColumn}); default itself. */
  readonly entries?: Int32Array | undefined;
  /** `[nnz, heads]`. */
  readonly weights: Float32Array;
  /** `[nColumns, heads * width]`. */
  readonly x: Float32Array;
  readonly heads: number;
  readonly width: number;
  /** `[nRows, heads * width]`, overwritten; rows without edges become 0. */
  readonly out: Float32Array;
}

/** Softmax over the edges of each row. */
export interface EdgeSoftmaxArgs {
  readonly nRows: number;
  readonly indptr: Int32Array;
  readonly heads: number;
  /** `[nnz, heads]`; a row with NaN or +infinity, or with -infinity only, becomes NaN. */
  readonly logits: Float32Array;
  /** `[nnz, heads]`, overwritten. */
  readonly out: Float32Array;
}

/** Gradient of {@link EdgeSoftmaxArgs}. */
export interface EdgeSoftmaxGradientArgs {
  readonly nRows: number;
  readonly indptr: Int32Array;
  readonly heads: number;
  /** `[nnz, heads]`, the result of the softmax. */
  readonly probabilities: Float32Array;
  /** `[nnz, heads]`. */
  readonly dOut: Float32Array;
  /** `[nnz, heads]`, overwritten. */
  readonly dLogits: Float32Array;
}

/**
 * Graph attention in one pass: weights are the softmax over the edges e = (i, j) of row i of
 * f(`source[j, h] + target[i, h]`); `out[i, h, :]` is the weighted sum of `z[j, h, :]`.
 */
export interface GatAggregateArgs extends Edges {
  readonly heads: number;
  readonly width: number;
  /** `[nColumns, heads * width]`. */
  readonly z: Float32Array;
  /** `[nColumns, heads]`. */
  readonly source: Float32Array;
  /** `[nRows, heads]`. */
  readonly target: Float32Array;
  /** f: LeakyReLU (GAT) or sigmoid (STAGATE). */
  readonly activation: 'leakyRelu' | 'sigmoid';
  /** Slope of LeakyReLU below 0; default 0.2. */
  readonly negativeSlope?: number;
  /** `[nnz, heads]`, overwritten with the weights. */
  readonly attention: Float32Array;
  /** `[nnz, heads]`, overwritten with the derivatives of f, for the gradient. */
  readonly slopes: Float32Array;
  /** `[nRows, heads * width]`, overwritten; rows without edges become 0. */
  readonly out: Float32Array;
}

/** Gradients of {@link GatAggregateArgs}. */
export interface GatAggregateGradientArgs extends Edges {
  readonly nColumns: number;
  readonly byColumn: EdgesByColumn;
  readonly heads: number;
  readonly width: number;
  /** `[nColumns, heads * width]`. */
  readonly z: Float32Array;
  /** `[nnz, heads]`, from the way forward. */
  readonly attention: Float32Array;
  /** `[nnz, heads]`, from the way forward. */
  readonly slopes: Float32Array;
  /** `[nRows, heads * width]`, gradient of `out`. */
  readonly dOut: Float32Array;
  /** `[nnz, heads]`, gradient of `attention` beside what comes through `out`; default none. */
  readonly dAttention?: Float32Array | undefined;
  /** `[nnz, heads]`, overwritten with the gradient of `source[j] + target[i]`. */
  readonly dScores: Float32Array;
  /** `[nColumns, heads * width]`, overwritten. */
  readonly dZ: Float32Array;
  /** `[nColumns, heads]`, overwritten. */
  readonly dSource: Float32Array;
  /** `[nRows, heads]`, overwritten. */
  readonly dTarget: Float32Array;
}

/** Largest value of each column over the rows of a segment. */
export interface SegmentMaxArgs {
  readonly nSegments: number;
  /** `[nSegments + 1]`, offsets into `indices`. */
  readonly indptr: Int32Array;
  /** Rows of `x` segment by segment. */
  readonly indices: Int32Array;
  /** `[nRows, width]`. */
  readonly x: Float32Array;
  readonly width: number;
  /** `[nSegments, width]`, overwritten; 0 for segments without rows; NaN if a value is. */
  readonly out: Float32Array;
  /** `[nSegments, width]`, overwritten with the row of the value: the first of equals, or -1. */
  readonly argmax: Int32Array;
}

/** Gradient of {@link SegmentMaxArgs}. */
export interface SegmentMaxGradientArgs {
  readonly nSegments: number;
  readonly nRows: number;
  readonly width: number;
  /** `[nSegments, width]`, from the way forward. */
  readonly argmax: Int32Array;
  /** `[nSegments, width]`. */
  readonly dOut: Float32Array;
  /** `[nRows, width]`, overwritten. */
  readonly dX: Float32Array;
}

/** Computations along the edges of a graph. */
export interface GraphKernels {
  /** Dot products of rows at the stored entries of a matrix. */
  sddmm(args: SddmmArgs): void;
  /** Sparse product with weights by head: the gradient of {@link sddmm}, and it of this. */
  edgeAggregate(args: EdgeAggregateArgs): void;
  /** Softmax over the edges that end in a node. */
  edgeSoftmax(args: EdgeSoftmaxArgs): void;
  /** Gradient of {@link edgeSoftmax} by the logits. */
  edgeSoftmaxGradient(args: EdgeSoftmaxGradientArgs): void;
  /** Attention weights and weighted sums of graph attention networks. */
  gatAggregate(args: GatAggregateArgs): void;
  /** Gradients of {@link gatAggregate}. */
  gatAggregateGradient(args: GatAggregateGradientArgs): void;
  /** Largest values by segment. */
  segmentMax(args: SegmentMaxArgs): void;
  /** Gradient of {@link segmentMax}. */
  segmentMaxGradient(args: SegmentMaxGradientArgs): void;
}
