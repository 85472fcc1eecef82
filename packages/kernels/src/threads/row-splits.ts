const FLOAT_BYTES = 4;

type Numbers = readonly number[];

/** How a call of an exported function is cut into calls on ranges of its rows. */
export interface Split {
  readonly rows: number;
  /** About how many multiplications of a product take the same time. */
  readonly work: number;
  /** Place of the argument that counts the rows. */
  readonly countAt: number;
  /** How many bytes an address moves for a row, by the place of the argument; address 0 stays. */
  readonly steps: Readonly<Record<number, number>>;
  /** Place of a number that a row adds 1 to unless it is negative. */
  readonly numberAt?: number;
  /** Place of the argument that is the address of scratch memory. */
  readonly workspaceAt?: number;
  /** Rows that a call should have at least. */
  readonly grain?: number;
}

// Work in multiplications of a product, about 18 of which take a nanosecond.
/** A function like exp. */
const FUNCTION_WORK = 16;
/** A number that is read or written. */
const MEMORY_WORK = 8;
/** An element of the likelihood and its gradients. */
const LIKELIHOOD_WORK = 400;
/** A feature of a node of a graph, summed over a few neighbors. */
const NEIGHBORS_WORK = 40;
/** Rows that a product or distances should have at least, as each range packs the other operand. */
const PRODUCT_GRAIN = 192;

/**
 * Kernels whose rows (or elements) of the result do not depend on each other, by the name of the
 * export. Each row is worked out in the same order wherever a range begins, so ranges do not change
 * results.
 */
export const ROW_SPLITS: Readonly<Record<string, (...args: number[]) => Split>> = {
  spmm: (rows, _indptr, _indices, _values, _x, width = 0) => ({
    rows,
    work: rows * width * NEIGHBORS_WORK,
    countAt: 0,
    steps: { 1: FLOAT_BYTES, 6: width * FLOAT_BYTES },
  }),
  sddmm: (rows, heads = 0, width = 0) => ({
    rows,
    work: rows * heads * width * NEIGHBORS_WORK,
    countAt: 0,
    steps: { 3: FLOAT_BYTES, 5: heads * width * FLOAT_BYTES },
  }),
  edgeAggregate: (rows, heads = 0, width = 0) => ({
    rows,
    work: rows * heads * width * NEIGHBORS_WORK,
    countAt: 0,
    steps: { 3: FLOAT_BYTES, 8: heads * width * FLOAT_BYTES },
  }),
  gatAggregate: (rows, heads = 0, width = 0) => ({
    rows,
    work: rows * heads * width * NEIGHBORS_WORK,
    countAt: 0,
    steps: { 3: FLOAT_BYTES, 7: heads * FLOAT_BYTES, 10: heads * width * FLOAT_BYTES },
  }),
  squaredDistances: (rows, nB = 0, dim = 0) => ({
    rows,
    work: rows * nB * dim,
    countAt: 0,
    steps: { 3: dim * FLOAT_BYTES, 5: nB * FLOAT_BYTES },
    workspaceAt: 6,
    grain: PRODUCT_GRAIN,
  }),
  nearest: (rows, _queries, nPoints = 0, _points, dim = 0, k = 0) => ({
    rows,
    work: rows * nPoints * dim,
    countAt: 0,
    steps: { 1: dim * FLOAT_BYTES, 7: k * FLOAT_BYTES, 8: k * FLOAT_BYTES },
    numberAt: 6,
    workspaceAt: 9,
    grain: PRODUCT_GRAIN,
  }),
  zinb: (rows, columns = 0) => {
    const row = columns * FLOAT_BYTES;
    return {
      rows,
      work: rows * columns * LIKELIHOOD_WORK,
      countAt: 0,
      steps: {
        ...{ 2: row, 3: row, 4: row, 5: row, 6: FLOAT_BYTES },
        ...{ 9: FLOAT_BYTES, 10: row, 11: row, 12: row },
      },
      workspaceAt: 13,
    };
  },
  scaleRows: (rows, columns = 0) => ({
    rows,
    work: rows * columns * MEMORY_WORK,
    countAt: 0,
    steps: { 2: columns * FLOAT_BYTES, 3: FLOAT_BYTES, 4: columns * FLOAT_BYTES },
  }),
  biasActivation: (rows, columns = 0) => ({
    rows,
    work: rows * columns * MEMORY_WORK,
    countAt: 0,
    steps: { 2: columns * FLOAT_BYTES },
  }),
  gatherRows: (rows, width = 0) => ({
    rows,
    work: rows * width * MEMORY_WORK,
    countAt: 0,
    steps: { 2: FLOAT_BYTES, 4: width * FLOAT_BYTES },
  }),
  softmax: (rows, columns = 0) => ({
    rows,
    work: rows * columns * FUNCTION_WORK,
    countAt: 0,
    steps: { 2: columns * FLOAT_BYTES, 4: columns * FLOAT_BYTES },
  }),
  unary: (_f, rows = 0) => ({
    rows,
    work: rows * FUNCTION_WORK,
    countAt: 1,
    steps: { 2: FLOAT_BYTES, 3: FLOAT_BYTES },
  }),
  power: (rows) => ({
    rows,
    work: rows * 2 * FUNCTION_WORK,
    countAt: 0,
    steps: { 1: FLOAT_BYTES, 3: FLOAT_BYTES },
  }),
  adam: optimizerSplit(5),
  sgd: optimizerSplit(3),
  rmsprop: optimizerSplit(4),
  adadelta: optimizerSplit(4),
  adagrad: optimizerSplit(3),
};

/** Optimizers take a count, then that many arrays of as many numbers. */
function optimizerSplit(arrays: number): (count: number) => Split {
  const places = Array.from({ length: arrays }, (_, i) => [i + 1, FLOAT_BYTES]);
  const steps = Object.fromEntries(places) as Record<number, number>;
  return (count) => ({ rows: count, work: count * arrays * MEMORY_WORK, countAt: 0, steps });
}

/** A call with the way to cut it. */
export interface SplitCall {
  readonly args: number[];
  readonly split: Split;
}

/**
 * The product as a call of `gemmPart`, cut along the longer side of the result: what each range
 * has to pack again is then the smaller operand.
 */
export function gemmSplit(args: Numbers): SplitCall {
  const [m = 0, n = 0, k = 0, a = 0, transposeA, b = 0, transposeB, out = 0] = args;
  const [accumulate = 0, workspace = 0] = args.slice(8);
  const aRow = (transposeA === 1 ? 1 : k) * FLOAT_BYTES;
  const aDepth = (transposeA === 1 ? m : 1) * FLOAT_BYTES;
  const bColumn = (transposeB === 1 ? k : 1) * FLOAT_BYTES;
  const bDepth = (transposeB === 1 ? 1 : n) * FLOAT_BYTES;
  const outRow = n * FLOAT_BYTES;
  const byRows = m >= n;
  return {
    args: [
      ...[m, n, k, a, aRow, aDepth, b, bColumn, bDepth],
      ...[out, outRow, accumulate, workspace],
    ],
    split: {
      rows: byRows ? m : n,
      work: m * n * k,
      countAt: byRows ? 0 : 1,
      steps: byRows ? { 3: aRow, 9: outRow } : { 6: bColumn, 9: FLOAT_BYTES },
      workspaceAt: 12,
      grain: PRODUCT_GRAIN,
    },
  };
}

/** The gradient of graph attention by rows without columns, then by columns without rows. */
export function gatGradientSplits(args: Numbers): readonly [SplitCall, SplitCall] {
  const [nRows = 0, nColumns = 0, heads = 0, width = 0, ...pointers] = args;
  const work = (nodes: number): number => nodes * heads * width * NEIGHBORS_WORK;
  const node = heads * width * FLOAT_BYTES;
  const head = heads * FLOAT_BYTES;
  return [
    {
      args: [nRows, 0, heads, width, ...pointers],
      split: {
        rows: nRows,
        work: work(nRows),
        countAt: 0,
        steps: { 4: FLOAT_BYTES, 12: node, 17: head },
      },
    },
    {
      args: [0, nColumns, heads, width, ...pointers],
      split: {
        rows: nColumns,
        work: work(nColumns),
        countAt: 1,
        steps: { 6: FLOAT_BYTES, 15: node, 16: head },
      },
    },
  ];
}
