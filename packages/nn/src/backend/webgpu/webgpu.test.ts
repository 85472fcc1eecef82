import { describe, expect, test } from '@jest/globals';
import { BackendError } from '@dance-ts/core';
import * as tf from '@tensorflow/tfjs';
import { countNll, meanCountNll } from '../../losses/count-likelihood.js';
import { graphReconstructionLoss } from '../../losses/graph-reconstruction.js';
import { meanSquaredError } from '../../losses/squared-error.js';
import { Adam } from '../../optim/adam.js';
import { dense } from '../../ops/dense.js';
import { gatherRows, segmentSum } from '../../ops/rows.js';
import { spmm } from '../../ops/spmm.js';
import { Parameter } from '../../parameters.js';
import { goldenCase } from '../../testing/golden.js';
import { expectClose } from '../../testing/numeric.js';
import {
  evaluate,
  matricesOf,
  random,
  randomSparse,
  tryWebGpu,
  variablesOf,
  type Matrices,
  type Values,
} from '../../testing/webgpu.js';
import { defineOp } from '../define-op.js';
import { selectBackend } from '../select-backend.js';
import { startWebGpu } from './start-webgpu.js';

const isThere = await tryWebGpu();
const withGpu = isThere ? test : test.skip;
const withoutGpu = isThere ? test.skip : test;

/** Outputs of few parameters, for finite differences. */
function differentiable(): {
  readonly parameters: readonly Values[];
  readonly compute: (parameters: Matrices) => tf.Tensor;
}[] {
  const a = randomSparse(40, 30);
  const adjacency = randomSparse(50, 50, true);
  return [
    {
      parameters: [random([9, 5]), random([5, 7]), random([7])],
      compute: ([x, w, b]) => dense(x, w, b as unknown as tf.Tensor1D, true),
    },
    { parameters: [random([30, 3])], compute: ([x]) => spmm(a, x) },
    { parameters: [random([50, 8])], compute: ([z]) => graphReconstructionLoss(z, adjacency) },
  ];
}

describe('on WebGPU', () => {
  withGpu('gradients are those of finite differences', async () => {
    await selectBackend('webgpu');
    for (const { parameters, compute } of differentiable()) {
      const variables = variablesOf(parameters);
      const matrices = matricesOf(variables);
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

  withGpu.each(['moderate', 'with_size_factors', 'ridge', 'all_zero_counts'])(
    'likelihood and gradients of the stored case %s',
    async (name) => {
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
        const [mean, dispersion, dropout] = matricesOf(variables);
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

  withGpu('extreme activations stay finite', async () => {
    await selectBackend('webgpu');
    for (const value of [-1000, -50, 50, 1000]) {
      const heads = [value, -value, value].map((filled) => ({
        shape: [5, 6],
        values: new Float32Array(30).fill(filled),
      }));
      const variables = variablesOf(heads);
      const { output, gradients } = await evaluate(() => {
        const [mean, dispersion, dropout] = matricesOf(variables);
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

  withGpu('rows of nothing are nothing, sums of nothing are 0', async () => {
    await selectBackend('webgpu');
    const none = gatherRows(tf.ones([3, 2]), new Int32Array(0));
    expect(none.shape).toEqual([0, 2]);
    const sums = segmentSum(tf.zeros([0, 2]), new Int32Array(0), 2);
    expect([...(await sums.data())]).toEqual([0, 0, 0, 0]);
    tf.dispose([none, sums]);
  });

  withGpu('a training run takes the path it takes on cpu', async () => {
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

  withGpu('an operation without a computation for it is named', async () => {
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

  withGpu('the id names the adapter, and auto does without one that is software', async () => {
    const { id } = await selectBackend('webgpu');
    expect(id).toMatch(/^webgpu-[a-z0-9-]+-tfjs4/);
    expect(id).not.toContain('unknown');
    if (!/software|llvmpipe|swiftshader/.test(id)) return;
    await expect(startWebGpu(true)).rejects.toThrow('the only WebGPU adapter is a software one');
  });

  withoutGpu('what to install is said where something is missing', async () => {
    await expect(selectBackend('webgpu')).rejects.toThrow(/npm install|driver/);
  });
});
