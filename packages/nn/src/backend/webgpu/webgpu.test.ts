import { beforeAll, describe, expect, test } from '@jest/globals';
import { BackendError, CsrMatrix, DenseMatrix, Rng } from '@dance-ts/core';
import * as tf from '@tensorflow/tfjs';
import { countNll, meanCountNll, type CountModel } from '../../losses/count-likelihood.js';
import { graphReconstructionLoss } from '../../losses/graph-reconstruction.js';
import { squaredDistances } from '../../losses/squared-distances.js';
import { meanSquaredError } from '../../losses/squared-error.js';
import { Adam } from '../../optim/adam.js';
import { dense } from '../../ops/dense.js';
import {
  edgeSoftmax,
  gatAggregate,
  neighborMax,
  sddmm,
  spmmWithValues,
} from '../../ops/graph/index.js';
import { gatherRows, segmentSum } from '../../ops/rows.js';
import { SparseOperand, spmm } from '../../ops/spmm.js';
import { Parameter } from '../../parameters.js';
import { goldenCase } from '../../testing/golden.js';
import { expectClose } from '../../testing/numeric.js';
import { evaluate, tryWebGpu, type Evaluated } from '../../testing/webgpu.js';
import { defineOp } from '../define-op.js';
import { selectBackend } from '../select-backend.js';
import { startWebGpu } from './start-webgpu.js';

interface Values {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** As many as the case has parameters. */
type Matrices = readonly [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D];

interface Case {
  readonly name: string;
  readonly parameters: readonly Values[];
  readonly compute: (parameters: Matrices) => tf.Tensor;
}

const rng = Rng.fromSeed(7);

function random(shape: readonly number[], low = -1, high = 1): Values {
  const size = shape.reduce((product, length) => product * length, 1);
  const values = Float32Array.from({ length: size }, () => low + (high - low) * rng.uniform());
  return { shape, values };
}

function randomSparse(nRows: number, nCols: number, symmetric = false): SparseOperand {
  const matrix = DenseMatrix.zeros(nRows, nCols);
  for (let i = 0; i < nRows; i++) {
    for (let j = 0; j < nCols; j++) {
      if (i !== 1 && rng.uniform() < 0.3) matrix.row(i)[j] = symmetric ? 1 : 2 * rng.uniform() - 1;
      if (symmetric && j < i) matrix.row(i)[j] = matrix.row(j)[i]!;
    }
  }
  return new SparseOperand(CsrMatrix.fromDense(matrix));
}

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
  ...graphCases(),
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

function variablesOf(parameters: readonly Values[]): Parameter[] {
  return parameters.map(({ shape, values }, i) => new Parameter(`p${i}`, shape, values, true));
}

/** On the device given, with tensors of that device. */
async function evaluateOn(device: 'cpu' | 'webgpu', { parameters, compute }: Case) {
  await selectBackend(device);
  const variables = variablesOf(parameters);
  const run = (): Promise<Evaluated> =>
    evaluate(
      () => compute(variables.map(({ variable }) => variable) as unknown as Matrices),
      variables,
    );
  const first = await run();
  const tensors = tf.memory().numTensors;
  const again = await run();
  expect(again).toEqual(first);
  expect(tf.memory().numTensors).toBe(tensors);
  for (const { variable } of variables) variable.dispose();
  return first;
}

describe('on WebGPU', () => {
  let isThere = false;
  beforeAll(async () => {
    isThere = await tryWebGpu();
  });

  test.each(CASES)('$name: as on cpu, and the same each time', async (testCase) => {
    if (!isThere) return;
    const expected = await evaluateOn('cpu', testCase);
    const got = await evaluateOn('webgpu', testCase);
    expectClose(got.output, expected.output, 1e-5);
    got.gradients.forEach((values, i) => {
      expectClose(values, expected.gradients[i]!, 1e-5);
    });
  });

  test('gradients are those of finite differences', async () => {
    if (!isThere) return;
    await selectBackend('webgpu');
    for (const { parameters, compute } of [CASES[0]!, CASES[4]!, graphCase()]) {
      const variables = variablesOf(parameters);
      const matrices = variables.map(({ variable }) => variable) as unknown as Matrices;
      const weightedSum = async (): Promise<number> => {
        const { output } = await evaluate(() => compute(matrices), variables);
        return output.reduce((sum, value, i) => sum + value / (i + 1), 0);
      };
      const { gradients } = await evaluate(() => compute(matrices), variables);
      const [parameter] = variables as [Parameter];
      const values = await parameter.read();
      const step = 1e-2;
      for (const i of [0, 5, values.length - 1]) {
        const at = (value: number): Promise<number> => {
          parameter.set(values.with(i, value));
          return weightedSum();
        };
        const difference = (await at(values[i]! + step)) - (await at(values[i]! - step));
        expectClose([gradients[0]![i]!], [difference / (2 * step)], 1e-3);
        parameter.set(values);
      }
      for (const { variable } of variables) variable.dispose();
    }
  });

  test.each(['moderate', 'with_size_factors', 'ridge', 'all_zero_counts'])(
    'likelihood and gradients of the stored case %s',
    async (name) => {
      if (!isThere) return;
      await selectBackend('webgpu');
      const golden = goldenCase('zinb_nb', name);
      const expected = golden.inner('eps_form');
      const matrix = (key: string): Values => ({
        shape: [5, 6],
        values: Float32Array.from(golden.numbers(key)),
      });
      const keys = ['mean', 'disp', 'pi'];
      const variables = variablesOf(keys.map(matrix));
      const { output, gradients } = await evaluate(() => {
        const [mean, dispersion, dropout] = variables.map(
          ({ variable }) => variable,
        ) as unknown as Matrices;
        const counts = tf.tensor2d(matrix('x').values, [5, 6]);
        const model = { counts, mean, dispersion, dropout };
        const sizeFactors =
          name === 'with_size_factors' ? tf.tensor1d(golden.numbers('scale_factor')) : undefined;
        return meanCountNll(
          { ...model, ...(sizeFactors && { sizeFactors }) },
          { ridge: golden.number('ridge') },
        );
      }, variables);
      expectClose(output, [expected.number('mean_loss')], 1e-5);
      for (const [i, key] of keys.entries()) {
        const stored = expected.numbers(`grad_of_mean_wrt_${key}`);
        const hundredfold = (values: readonly number[]): number[] => values.map((g) => 100 * g);
        expectClose(hundredfold(gradients[i]!), hundredfold(stored), 1e-4);
      }
      for (const { variable } of variables) variable.dispose();
    },
  );

  test('extreme activations stay finite', async () => {
    if (!isThere) return;
    await selectBackend('webgpu');
    for (const value of [-1000, -50, 50, 1000]) {
      const heads = [value, -value, value].map((filled) => ({
        shape: [5, 6],
        values: new Float32Array(30).fill(filled),
      }));
      const variables = variablesOf(heads);
      const { output, gradients } = await evaluate(() => {
        const [mean, dispersion, dropout] = variables.map(
          ({ variable }) => variable,
        ) as unknown as Matrices;
        const counts = tf.tensor2d(
          Float32Array.from({ length: 30 }, (_, i) => (i % 2) * 1000),
          [5, 6],
        );
        return countNll({ counts, mean, dispersion, dropout }, { activate: true });
      }, variables);
      expect([...output, ...gradients.flat()].every(Number.isFinite)).toBe(true);
      for (const { variable } of variables) variable.dispose();
    }
  });

  test('rows of nothing are nothing, sums of nothing are 0', async () => {
    if (!isThere) return;
    await selectBackend('webgpu');
    const none = gatherRows(tf.ones([3, 2]), new Int32Array(0));
    expect(none.shape).toEqual([0, 2]);
    const sums = segmentSum(tf.zeros([0, 2]), new Int32Array(0), 2);
    expect([...(await sums.data())]).toEqual([0, 0, 0, 0]);
    tf.dispose([none, sums]);
  });

  test('a training run takes the path it takes on cpu', async () => {
    if (!isThere) return;
    const [a, x] = [randomSparse(12, 12), random([12, 5])];
    const weights = [random([5, 8]), random([8]), random([8, 5])];
    const losses = async (device: 'cpu' | 'webgpu'): Promise<number[]> => {
      await selectBackend(device);
      const [w, b, v] = variablesOf(weights) as [Parameter, Parameter, Parameter];
      const input = tf.tensor2d(x.values, [12, 5]);
      const matrixOf = ({ variable }: Parameter): tf.Tensor2D => variable as unknown as tf.Tensor2D;
      const optimizer = new Adam([w, b, v], { learningRate: 0.05 });
      const values: number[] = [];
      for (let step = 0; step < 10; step++) {
        const loss = await optimizer.minimize(() => {
          const bias = b.variable as unknown as tf.Tensor1D;
          const hidden = dense(spmm(a, input), matrixOf(w), bias, true);
          return meanSquaredError(dense(hidden, matrixOf(v)), input);
        });
        values.push(loss);
      }
      optimizer.dispose();
      tf.dispose([input, w.variable, b.variable, v.variable]);
      return values;
    };
    const expected = await losses('cpu');
    expect(expected[9]!).toBeLessThan(0.9 * expected[0]!);
    expectClose(await losses('webgpu'), expected, 1e-4);
  });

  test('an operation without a computation for it is named', async () => {
    if (!isThere) return;
    await selectBackend('webgpu');
    const unknown = defineOp<object>({
      name: 'DanceTestUnknown',
      outputs: () => [[]],
      run: () => undefined,
    });
    const call = (): unknown => unknown({}, {});
    expect(call).toThrow(BackendError);
    expect(call).toThrow(/DanceTestUnknown.*"webgpu"/);
  });

  test('the id names the adapter, and auto does without one that is software', async () => {
    if (!isThere) return;
    const { id } = await selectBackend('webgpu');
    expect(id).toMatch(/^webgpu-[a-z0-9-]+-tfjs4/);
    expect(id).not.toContain('unknown');
    if (!/software|llvmpipe|swiftshader/.test(id)) return;
    await expect(startWebGpu(true)).rejects.toThrow('the only WebGPU adapter is a software one');
  });

  test('what to install is said where something is missing', async () => {
    if (isThere) return;
    await expect(selectBackend('webgpu')).rejects.toThrow(/npm install|driver/);
  });
});
