import { afterEach, describe, expect, jest, test } from '@jest/globals';
import type { GemmArgs } from '../contract/matrix.js';
import type { Kernels } from '../kernels.js';
import { byColumn } from '../testing/graphs.js';
import { kernelsOnSharedHeap } from '../testing/shared-heap.js';
import { integers, uniform } from '../testing/variants.js';
import { ROW_SPLITS } from './row-splits.js';
import { ThreadPool } from './thread-pool.js';

type Arrays = (Float32Array | Float64Array | Int32Array)[];

/** All bytes as text, which compares faster than the numbers. */
function bytes(arrays: Arrays): string {
  return arrays.map(({ buffer }) => Buffer.from(buffer).toString('base64')).join(' ');
}

// Sizes that no number of threads, no tile and no vector divides, big enough to be cut.
const ROWS = 1001;
const COLUMNS = 53;
const COUNT = 150_001;
const HEADS = 3;
const WIDTH = 29;

function graph(): { nRows: number; indptr: Int32Array; indices: Int32Array } {
  const indptr = Int32Array.from({ length: ROWS + 1 }, (_, row) => row * 7);
  return { nRows: ROWS, indptr, indices: integers(ROWS * 7, ROWS, 2) };
}

function product(kernels: Kernels, sizes: Pick<GemmArgs, 'm' | 'n' | 'k'>): Float32Array {
  const { m, n, k } = sizes;
  const out = uniform(m * n, 3);
  const [a, b] = [uniform(m * k, 1), uniform(k * n, 2)];
  for (const transposeA of [false, true]) {
    for (const transposeB of [false, true]) {
      kernels.gemm({ m, n, k, a, b, transposeA, transposeB, accumulate: true, out });
    }
  }
  return out;
}

/** Arrays of an optimizer: parameters, gradients and what it keeps. */
function state(): [Float32Array, Float32Array, Float32Array, Float32Array, Float32Array] {
  return [
    uniform(COUNT, 1),
    uniform(COUNT, 2),
    uniform(COUNT, 3),
    uniform(COUNT, 4).map(Math.abs),
    uniform(COUNT, 5).map(Math.abs),
  ];
}

/** Runs every kernel that is cut into ranges, by the name of its export. */
const CALLS: Readonly<Record<string, (kernels: Kernels) => Arrays>> = {
  gemm: (kernels) => [
    product(kernels, { m: 333, n: 41, k: 157 }),
    product(kernels, { m: 37, n: 555, k: 300 }),
  ],
  spmm: (kernels) => {
    const [x, out] = [uniform(ROWS * 71, 1), new Float32Array(ROWS * 71)];
    kernels.spmm({ ...graph(), values: uniform(ROWS * 7, 3), x, width: 71, out });
    return [out];
  },
  sddmm: (kernels) => {
    const [a, b] = [uniform(ROWS * HEADS * WIDTH, 1), uniform(ROWS * HEADS * WIDTH, 2)];
    const out = new Float32Array(ROWS * 7 * HEADS);
    kernels.sddmm({ ...graph(), a, b, heads: HEADS, width: WIDTH, out });
    return [out];
  },
  edgeAggregate: (kernels) => {
    const [weights, x] = [uniform(ROWS * 7 * HEADS, 1), uniform(ROWS * HEADS * WIDTH, 2)];
    const out = new Float32Array(x.length);
    kernels.edgeAggregate({ ...graph(), weights, x, heads: HEADS, width: WIDTH, out });
    return [out];
  },
  gatAggregate: (kernels) => {
    const z = uniform(ROWS * HEADS * WIDTH, 1);
    const [source, target] = [uniform(ROWS * HEADS, 2), uniform(ROWS * HEADS, 3)];
    const [attention, slopes] = [
      new Float32Array(ROWS * 7 * HEADS),
      new Float32Array(ROWS * 7 * HEADS),
    ];
    const out = new Float32Array(z.length);
    const args = { heads: HEADS, width: WIDTH, z, source, target, attention, slopes, out };
    kernels.gatAggregate({ ...graph(), ...args, activation: 'leakyRelu' });
    return [attention, slopes, out];
  },
  gatAggregateGradient: (kernels) => {
    const edges = graph();
    const [z, dOut] = [uniform(ROWS * HEADS * WIDTH, 1), uniform(ROWS * HEADS * WIDTH, 2)];
    const [attention, slopes] = [uniform(ROWS * 7 * HEADS, 3), uniform(ROWS * 7 * HEADS, 4)];
    const [dScores, dZ] = [new Float32Array(attention.length), new Float32Array(z.length)];
    const [dSource, dTarget] = [new Float32Array(ROWS * HEADS), new Float32Array(ROWS * HEADS)];
    kernels.gatAggregateGradient({
      ...{ ...edges, nColumns: ROWS, byColumn: byColumn(edges, ROWS), heads: HEADS, width: WIDTH },
      ...{ z, attention, slopes, dOut, dScores, dZ, dSource, dTarget },
    });
    return [dScores, dZ, dSource, dTarget];
  },
  graphReconstruction: (kernels) => {
    const { indptr, indices } = graph();
    const targets = uniform(ROWS * 7, 1).map(Math.abs);
    const [z, gradient] = [uniform(ROWS * 11, 2), new Float32Array(ROWS * 11)];
    const args = { n: ROWS, dim: 11, indptr, indices, targets, positiveWeight: 3, scale: 0.5 };
    const loss = kernels.graphReconstruction({ ...args, z, gradient });
    return [Float64Array.of(loss), gradient];
  },
  squaredDistances: (kernels) => {
    const [a, b] = [uniform(ROWS * 23, 1), uniform(99 * 23, 2)];
    const out = new Float32Array(ROWS * 99);
    kernels.squaredDistances({ a, nA: ROWS, b, nB: 99, dim: 23, out });
    return [out];
  },
  nearest: (kernels) => {
    // Many distances are equal: which neighbor comes first must not depend on the ranges.
    const points = uniform(ROWS * 20, 1).map(Math.round);
    const outIndices = new Int32Array(ROWS * 5);
    const outDistances = new Float32Array(ROWS * 5);
    const sizes = { nQueries: ROWS, nPoints: ROWS, dim: 20, k: 5 };
    const args = { ...sizes, points, outIndices, outDistances };
    kernels.nearest({ ...args, queries: points, firstQuery: 0 });
    const own = [outIndices.slice(), outDistances.slice()];
    kernels.nearest({ ...args, queries: uniform(ROWS * 20, 2).map(Math.round) });
    return [...own, outIndices, outDistances];
  },
  zinb: (kernels) => {
    const size = ROWS * COLUMNS;
    const gradients = [1, 2, 3].map(() => new Float32Array(size));
    const [meanGradient = [], dispersionGradient = [], dropoutGradient = []] = gradients;
    const rowLoss = new Float32Array(ROWS);
    kernels.zinb({
      ...{ rows: ROWS, columns: COLUMNS, activate: true, ridge: 0.1, rowLoss },
      counts: Float32Array.from(integers(size, 4, 1)),
      ...{ mean: uniform(size, 2), dispersion: uniform(size, 3), dropout: uniform(size, 4) },
      sizeFactors: uniform(ROWS, 5).map((x) => 1.5 + x),
      meanGradient: meanGradient as Float32Array,
      dispersionGradient: dispersionGradient as Float32Array,
      dropoutGradient: dropoutGradient as Float32Array,
    });
    return [rowLoss, ...gradients];
  },
  scaleRows: (kernels) => {
    const [values, factors] = [uniform(ROWS * 307, 1), uniform(ROWS, 2)];
    const out = new Float32Array(values.length);
    kernels.scaleRows({ rows: ROWS, columns: 307, values, factors, out });
    return [out];
  },
  biasActivation: (kernels) => {
    const values = uniform(ROWS * 307, 1);
    const args = { rows: ROWS, columns: 307, bias: uniform(307, 2), relu: true };
    kernels.biasActivation({ ...args, values });
    return [values];
  },
  gatherRows: (kernels) => {
    const out = new Float32Array(ROWS * 307);
    const args = { source: uniform(ROWS * 307, 1), width: 307 };
    kernels.gatherRows({ ...args, indices: integers(ROWS, ROWS, 2), out });
    return [out];
  },
  softmax: (kernels) => {
    const out = new Float32Array(ROWS * 153);
    kernels.softmax({ rows: ROWS, columns: 153, x: uniform(ROWS * 153, 1), out });
    return [out];
  },
  unary: (kernels) => {
    const out = new Float32Array(COUNT);
    kernels.unary({ f: 'softplus', x: uniform(COUNT, 1), out });
    return [out];
  },
  power: (kernels) => {
    const out = new Float32Array(COUNT);
    kernels.power({ x: uniform(COUNT, 1), exponent: 3, out });
    return [out];
  },
  adam: (kernels) => {
    const [parameters, gradients, firstMoment, secondMoment, maxSecondMoment] = state();
    const args = { step: 3, learningRate: 0.1, weightDecay: 0.01 };
    const arrays = { parameters, gradients, firstMoment, secondMoment };
    kernels.adam({ ...args, ...arrays });
    kernels.adam({ ...args, ...arrays, maxSecondMoment });
    return [parameters, firstMoment, secondMoment, maxSecondMoment];
  },
  sgd: (kernels) => {
    const [parameters, gradients, velocity] = state();
    const args = { learningRate: 0.1, momentum: 0.9, nesterov: true };
    kernels.sgd({ ...args, parameters, gradients, velocity });
    return [parameters, velocity];
  },
  rmsprop: (kernels) => {
    const [parameters, gradients, , meanSquare] = state();
    kernels.rmsprop({ learningRate: 0.1, parameters, gradients, meanSquare });
    return [parameters, meanSquare];
  },
  adadelta: (kernels) => {
    const [parameters, gradients, , meanSquare, meanSquareUpdate] = state();
    kernels.adadelta({ learningRate: 1, parameters, gradients, meanSquare, meanSquareUpdate });
    return [parameters, meanSquare, meanSquareUpdate];
  },
  adagrad: (kernels) => {
    const [parameters, gradients, , sumSquare] = state();
    kernels.adagrad({ learningRate: 0.1, parameters, gradients, sumSquare });
    return [parameters, sumSquare];
  },
};

describe('kernels on a shared heap', () => {
  const kernels = [1, 2, 3].map((threads) => kernelsOnSharedHeap(threads));

  afterEach(() => {
    jest.restoreAllMocks();
  });

  test('every kernel that is cut into ranges is tested', () => {
    const others = ['gemm', 'gatAggregateGradient', 'graphReconstruction'];
    const names = [...others, ...Object.keys(ROW_SPLITS)];
    expect(Object.keys(CALLS).sort()).toEqual(names.sort());
  });

  test.each(Object.keys(CALLS))('%s gives the same bytes on 1, 2 and 3 threads', async (name) => {
    const call = CALLS[name]!;
    const runs = jest.spyOn(ThreadPool.prototype, 'run');
    const one = bytes(call(await kernels[0]!));
    expect(runs).not.toHaveBeenCalled();
    for (const threaded of kernels.slice(1)) {
      for (let repeat = 0; repeat < 3; repeat++)
        expect(bytes(call(await threaded)) === one).toBe(true);
    }
    expect(runs).toHaveBeenCalled();
  });

  test('what is small stays on one thread', async () => {
    const runs = jest.spyOn(ThreadPool.prototype, 'run');
    product((await kernels[2]) as Kernels, { m: 64, n: 64, k: 64 });
    expect(runs).not.toHaveBeenCalled();
  });
});
