import { describe, expect, test } from '@jest/globals';
import { CsrMatrix, DenseMatrix } from '@dance-ts/core';
import * as tf from '@tensorflow/tfjs';
import { countNll, type CountModel } from '../../losses/count-likelihood.js';
import { graphReconstructionLoss } from '../../losses/graph-reconstruction.js';
import { squaredDistances } from '../../losses/squared-distances.js';
import { logFactorial } from '../../losses/log-factorial.js';
import { meanSquaredError } from '../../losses/squared-error.js';
import { dense } from '../../ops/dense.js';
import {
  edgeSoftmax,
  gatAggregate,
  neighborMax,
  sddmm,
  spmmWithValues,
} from '../../ops/graph/index.js';
import { batchNorm, layerNorm } from '../../ops/normalization.js';
import { gatherRows, segmentSum } from '../../ops/rows.js';
import { SparseOperand, spmm } from '../../ops/spmm.js';
import { expectClose } from '../../testing/numeric.js';
import {
  evaluate,
  matricesOf,
  random,
  randomSparse,
  tryWebGpu,
  variablesOf,
  type Evaluated,
  type Matrices,
  type Values,
} from '../../testing/webgpu.js';
import { selectBackend } from '../select-backend.js';

const withGpu = (await tryWebGpu()) ? test : test.skip;

interface Case {
  readonly name: string;
  readonly parameters: readonly Values[];
  readonly compute: (parameters: Matrices) => tf.Tensor;
}

const vectorOf = (x: tf.Tensor2D): tf.Tensor1D => x as unknown as tf.Tensor1D;

const CASES: Case[] = [
  {
    name: 'dense layer with ReLU',
    parameters: [random([9, 5]), random([5, 7]), random([7])],
    compute: ([x, w, b]) => dense(x, w, b as unknown as tf.Tensor1D, true),
  },
  {
    name: 'dense layer, linear and without bias',
    parameters: [random([9, 5]), random([5, 70])],
    compute: ([x, w]) => dense(x, w),
  },
  ...[1, 3, 64].map((width) => {
    const a = randomSparse(40, 30);
    return {
      name: `sparse product of width ${width}`,
      parameters: [random([30, width])],
      compute: ([x]: Matrices) => spmm(a, x),
    };
  }),
  {
    name: 'product with an empty matrix',
    parameters: [random([3, 2])],
    compute: ([x]) => spmm(new SparseOperand(CsrMatrix.fromDense(DenseMatrix.zeros(4, 3))), x),
  },
  {
    name: 'rows by index, also repeated',
    parameters: [random([6, 5])],
    compute: ([x]) => gatherRows(x, Int32Array.of(5, 0, 5, 2, 2, 2, 1)),
  },
  {
    name: 'sums by segment, one of them empty',
    parameters: [random([7, 5])],
    compute: ([x]) => segmentSum(x, Int32Array.of(3, 0, 3, 1, 1, 3, 0), 5),
  },
  {
    name: 'mean squared error',
    parameters: [random([8, 6])],
    compute: ([x]) => meanSquaredError(x, tf.fill([8, 6], 0.25)),
  },
  {
    name: 'squared distances',
    parameters: [random([5, 4]), random([7, 4])],
    compute: ([a, b]) => squaredDistances(a, b),
  },
  {
    name: 'factorials',
    parameters: [{ shape: [7], values: Float32Array.of(0, 1, 2, 7.5, 8, 100, 30000) }],
    compute: ([x]) => logFactorial(x),
  },
  ...graphCases(),
  {
    name: 'batch normalization',
    parameters: [random([9, 4]), random([4]), random([4])],
    compute: ([x, gamma, beta]) => batchNorm(x, vectorOf(gamma), vectorOf(beta)).out,
  },
  {
    name: 'layer normalization',
    parameters: [random([4, 9]), random([9]), random([9])],
    compute: ([x, gamma, beta]) => layerNorm(x, vectorOf(gamma), vectorOf(beta)).out,
  },
  ...[true, false].flatMap((activate) =>
    [true, false].map((inflated) => zinbCase(activate, inflated)),
  ),
  graphCase(),
];

/** Counts from 0 to thousands, dispersions on both sides of the series' limit. */
function zinbCase(activate: boolean, inflated: boolean): Case {
  const shape = [6, 40];
  const logs = (low: number, high: number): Values => {
    const exponents = random(shape, Math.log(low), Math.log(high));
    return { shape, values: exponents.values.map((value) => Math.exp(value)) };
  };
  const counts = logs(0.3, 3000).values.map((value) => Math.floor(value));
  const factors = random([6], 0.5, 2).values;
  const heads = activate
    ? [random(shape, -4, 8), random(shape, -6, 30)]
    : [logs(0.02, 3000), logs(0.005, 5000)];
  const pi = activate ? random(shape, -5, 5) : random(shape, 0.01, 0.99);
  return {
    name: `likelihood of counts, activate ${activate}, inflated ${inflated}`,
    parameters: inflated ? [...heads, pi] : heads,
    compute: ([mean, dispersion, dropout]) => {
      const model: CountModel = {
        counts: tf.tensor2d(counts, [6, 40]),
        ...{ mean, dispersion, sizeFactors: tf.tensor1d(factors) },
        ...(inflated && { dropout }),
      };
      return countNll(model, { activate, ridge: inflated ? 0.3 : 0 });
    },
  };
}

function graphCase(): Case {
  const adjacency = randomSparse(50, 50, true);
  return {
    name: 'graph reconstruction',
    parameters: [random([50, 8])],
    compute: ([z]) => graphReconstructionLoss(z, adjacency),
  };
}

function graphCases(): Case[] {
  const graph = randomSparse(20, 15);
  const { nnz } = graph.matrix;
  const attention = (activation: 'leakyRelu' | 'sigmoid'): Case => ({
    name: `graph attention with ${activation}`,
    parameters: [random([15, 12]), random([15, 3]), random([20, 3])],
    compute: ([z, source, target]) => {
      const aggregated = gatAggregate(graph, { z, source, target }, { activation });
      return tf.concat([tf.reshape(aggregated.out, [-1]), tf.reshape(aggregated.attention, [-1])]);
    },
  });
  return [
    {
      name: 'sparse product with values that are a tensor',
      parameters: [random([nnz, 2]), random([15, 6])],
      compute: ([values, x]) => spmmWithValues(graph, values, x),
    },
    {
      name: 'products at the edges',
      parameters: [random([20, 6]), random([15, 6])],
      compute: ([a, b]) => sddmm(graph, a, b, 3),
    },
    {
      name: 'softmax over edges',
      parameters: [random([nnz, 2], -5, 5)],
      compute: ([logits]) => edgeSoftmax(graph, logits),
    },
    {
      name: 'largest neighbors',
      parameters: [random([15, 6])],
      compute: ([x]) => neighborMax(graph, x),
    },
    attention('leakyRelu'),
    attention('sigmoid'),
  ];
}

/** On the device given, with tensors of that device. */
async function evaluateOn(device: 'cpu' | 'webgpu', { parameters, compute }: Case) {
  await selectBackend(device);
  const variables = variablesOf(parameters);
  const run = (): Promise<Evaluated> => evaluate(() => compute(matricesOf(variables)), variables);
  const first = await run();
  const tensors = tf.memory().numTensors;
  const buffers = tf.backend().numDataIds();
  const again = await run();
  expect(again).toEqual(first);
  expect(tf.memory().numTensors).toBe(tensors);
  expect(tf.backend().numDataIds()).toBe(buffers);
  for (const { variable } of variables) variable.dispose();
  return first;
}

describe('operations on WebGPU', () => {
  withGpu.each(CASES)('$name: as on cpu, and the same each time', async (testCase) => {
    const expected = await evaluateOn('cpu', testCase);
    const got = await evaluateOn('webgpu', testCase);
    expectClose(got.output, expected.output, 1e-5);
    got.gradients.forEach((values, i) => {
      expectClose(values, expected.gradients[i]!, 1e-5);
    });
  });
});
