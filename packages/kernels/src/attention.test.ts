import { describe, expect, test } from '@jest/globals';
import { DataError, ParamError } from '@dance-ts/core';
import type { GatAggregateArgs } from './contract/graph.js';
import type { Kernels } from './kernels.js';
import { byColumn, listEdges, randomEdges } from './testing/graphs.js';
import { largestError, loadVariant, uniform, VARIANTS } from './testing/variants.js';

const [N_ROWS, N_COLUMNS] = [14, 11];
const EDGES = randomEdges(N_ROWS, N_COLUMNS, 5);
const NNZ = EDGES.indices.length;
const HEADS = [1, 2, 3, 4, 5, 8];

const LIST = listEdges(EDGES);

/** Softmax over the edges of each row and head in float64, by its definition. */
function softmax(logits: ArrayLike<number>, heads: number): Float64Array {
  const sums = new Float64Array(N_ROWS * heads);
  for (const [i, , e] of LIST) {
    for (let h = 0; h < heads; h++) sums[i * heads + h]! += Math.exp(logits[e * heads + h]!);
  }
  const out = new Float64Array(NNZ * heads);
  for (const [i, , e] of LIST) {
    for (let h = 0; h < heads; h++) {
      out[e * heads + h] = Math.exp(logits[e * heads + h]!) / sums[i * heads + h]!;
    }
  }
  return out;
}

interface Attention {
  readonly heads: number;
  readonly width: number;
  readonly activation: 'leakyRelu' | 'sigmoid';
}

function inputsOf({ heads, width, activation }: Attention, scale = 2): GatAggregateArgs {
  return {
    ...{ ...EDGES, heads, width, activation, negativeSlope: 0.1 },
    z: uniform(N_COLUMNS * heads * width, 1),
    source: uniform(N_COLUMNS * heads, 2).map((value) => scale * value),
    target: uniform(N_ROWS * heads, 3).map((value) => scale * value),
    attention: new Float32Array(NNZ * heads).fill(9),
    slopes: new Float32Array(NNZ * heads).fill(9),
    out: new Float32Array(N_ROWS * heads * width).fill(9),
  };
}

/** Attention weights and outputs in float64. */
function reference(args: GatAggregateArgs): { attention: Float64Array; out: Float64Array } {
  const { heads, width, source, target, z } = args;
  const logits = new Float64Array(NNZ * heads);
  for (const [i, j, e] of LIST) {
    for (let head = 0; head < heads; head++) {
      const score = source[j * heads + head]! + target[i * heads + head]!;
      const leaky = score > 0 ? score : 0.1 * score;
      logits[e * heads + head] = args.activation === 'sigmoid' ? 1 / (1 + Math.exp(-score)) : leaky;
    }
  }
  const attention = softmax(logits, heads);
  const out = new Float64Array(N_ROWS * heads * width);
  for (const [i, j, e] of LIST) {
    for (let f = 0; f < heads * width; f++) {
      const weight = attention[e * heads + Math.floor(f / width)]!;
      out[i * heads * width + f]! += weight * z[j * heads * width + f]!;
    }
  }
  return { attention, out };
}

/** Central differences of sum(dOut out) + sum(dAttention attention) by places of one input, in float64. */
function differences(
  args: GatAggregateArgs,
  name: 'z' | 'source' | 'target',
  [dOut, dAttention]: readonly [Float32Array, Float32Array],
): number[] {
  const step = 1e-5;
  const objective = (at: number, change: number): number => {
    // Float64 in place of float32, so that the step survives.
    const changed = Float64Array.from(args[name]);
    changed[at]! += change;
    const { attention, out } = reference({ ...args, [name]: changed });
    const ofOut = out.reduce((sum, value, k) => sum + value * dOut[k]!, 0);
    return attention.reduce((sum, value, k) => sum + value * dAttention[k]!, ofOut);
  };
  return sampled(args[name]).map((at) => {
    return (objective(at, step) - objective(at, -step)) / (2 * step);
  });
}

/** Up to twelve places all over an array. */
function sampled({ length }: ArrayLike<number>): number[] {
  const count = Math.min(12, length);
  return Array.from({ length: count }, (_, k) => Math.floor((k * length) / count));
}

function gradientsOn(
  kernels: Kernels,
  args: GatAggregateArgs,
  dOut: Float32Array,
  dAttention?: Float32Array,
): Record<'z' | 'source' | 'target', Float32Array> {
  const { heads, width, z, source, target, attention, slopes } = args;
  const emptied = (x: Float32Array): Float32Array => new Float32Array(x.length).fill(9);
  const [dZ, dSource, dTarget] = [emptied(z), emptied(source), emptied(target)];
  kernels.gatAggregateGradient({
    ...{ ...EDGES, nColumns: N_COLUMNS, byColumn: byColumn(EDGES, N_COLUMNS), heads, width },
    ...{ z, attention, slopes, dOut, dAttention, dScores: new Float32Array(NNZ * heads) },
    ...{ dZ, dSource, dTarget },
  });
  return { z: dZ, source: dSource, target: dTarget };
}

describe.each(VARIANTS)('edgeSoftmax, %s', (variant) => {
  test.each(HEADS)('is the float64 softmax of each row, %i heads', async (heads) => {
    const kernels = await loadVariant(variant);
    const logits = uniform(NNZ * heads, 1).map((value) => 5 * value);
    const out = new Float32Array(NNZ * heads);
    kernels.edgeSoftmax({ ...EDGES, heads, logits, out });
    expect(largestError(out, softmax(logits, heads))).toBeLessThan(3e-7);
  });

  test.each(HEADS)('has the gradient p (d - sum of p d), %i heads', async (heads) => {
    const kernels = await loadVariant(variant);
    const probabilities = Float32Array.from(softmax(uniform(NNZ * heads, 1), heads));
    const dOut = uniform(NNZ * heads, 2);
    const dLogits = new Float32Array(NNZ * heads);
    kernels.edgeSoftmaxGradient({ ...EDGES, heads, probabilities, dOut, dLogits });
    const dots = new Float64Array(N_ROWS * heads);
    for (const [i, , e] of LIST) {
      for (let head = 0; head < heads; head++) {
        const at = e * heads + head;
        dots[i * heads + head]! += probabilities[at]! * dOut[at]!;
      }
    }
    const expected = new Float64Array(NNZ * heads);
    for (const [i, , e] of LIST) {
      for (let head = 0; head < heads; head++) {
        const at = e * heads + head;
        expected[at] = probabilities[at]! * (dOut[at]! - dots[i * heads + head]!);
      }
    }
    expect(largestError(dLogits, expected)).toBeLessThan(3e-7);
  });

  test('large logits neither overflow nor lose the winner; one edge has weight 1', async () => {
    const kernels = await loadVariant(variant);
    const out = new Float32Array(6);
    const [indptr, heads] = [Int32Array.of(0, 3, 3, 4, 6), 1];
    const logits = Float32Array.of(1e30, -1e30, 1e30, -3e38, 200, 201);
    kernels.edgeSoftmax({ nRows: 4, indptr, heads, logits, out });
    const e = Math.exp(-1);
    const expected = [0.5, 0, 0.5, 1, e / (1 + e), 1 / (1 + e)];
    expect(largestError(out, expected)).toBeLessThan(1e-7);
  });

  test('minus infinity masks an edge; NaN and infinity spoil their row only', async () => {
    const kernels = await loadVariant(variant);
    const out = new Float32Array(9);
    const logits = Float32Array.of(2, -Infinity, 2, 1, NaN, 0, Infinity, 0, 1);
    kernels.edgeSoftmax({ nRows: 4, indptr: Int32Array.of(0, 3, 6, 8, 9), heads: 1, logits, out });
    expect([...out]).toEqual([0.5, 0, 0.5, NaN, NaN, NaN, NaN, NaN, 1]);
  });

  test('a part of a graph gets the same weights as within the whole', async () => {
    const kernels = await loadVariant(variant);
    const logits = uniform(NNZ * 2, 1);
    const [all, part] = [new Float32Array(NNZ * 2), new Float32Array(NNZ * 2)];
    kernels.edgeSoftmax({ ...EDGES, heads: 2, logits, out: all });
    const indptr = EDGES.indptr.slice(4, 9);
    kernels.edgeSoftmax({ nRows: 4, indptr, heads: 2, logits, out: part });
    const [start, end] = [indptr[0]! * 2, indptr[4]! * 2];
    expect(part.subarray(start, end)).toEqual(all.subarray(start, end));
    expect(part.subarray(0, start)).toEqual(new Float32Array(start));
  });
});

describe.each(VARIANTS)('gatAggregate, %s', (variant) => {
  const cases: Attention[] = [
    { heads: 1, width: 1, activation: 'leakyRelu' },
    { heads: 1, width: 7, activation: 'sigmoid' },
    { heads: 2, width: 5, activation: 'leakyRelu' },
    { heads: 3, width: 4, activation: 'sigmoid' },
    { heads: 4, width: 8, activation: 'leakyRelu' },
    { heads: 5, width: 3, activation: 'leakyRelu' },
  ];

  test.each(cases)('is the float64 attention: %o', async (attention) => {
    const kernels = await loadVariant(variant);
    const args = inputsOf(attention);
    kernels.gatAggregate(args);
    const expected = reference(args);
    expect(largestError(args.attention, expected.attention)).toBeLessThan(1e-6);
    expect(largestError(args.out, expected.out)).toBeLessThan(1e-6);
  });

  test.each(cases)('has the gradients of finite differences: %o', async (attention) => {
    const kernels = await loadVariant(variant);
    const args = inputsOf(attention);
    kernels.gatAggregate(args);
    const dOut = uniform(args.out.length, 7);
    const dAttention = uniform(args.attention.length, 8);
    const none = new Float32Array(dAttention.length);
    const alone = gradientsOn(kernels, args, dOut);
    const both = gradientsOn(kernels, args, dOut, dAttention);
    for (const name of ['z', 'source', 'target'] as const) {
      const at = (values: Float32Array): number[] => sampled(values).map((k) => values[k]!);
      const withoutIt = differences(args, name, [dOut, none]);
      expect(largestError(at(alone[name]), withoutIt)).toBeLessThan(3e-6);
      const withIt = differences(args, name, [dOut, dAttention]);
      expect(largestError(at(both[name]), withIt)).toBeLessThan(3e-6);
    }
  });

  test('scores of hundreds give one-hot weights', async () => {
    const kernels = await loadVariant(variant);
    const args = inputsOf({ heads: 4, width: 2, activation: 'leakyRelu' }, 300);
    kernels.gatAggregate(args);
    expect(largestError(args.attention, reference(args).attention)).toBeLessThan(1e-4);
  });

  test('a NaN score spoils the rows it reaches', async () => {
    const kernels = await loadVariant(variant);
    const args = inputsOf({ heads: 1, width: 1, activation: 'leakyRelu' });
    args.source[4] = NaN;
    kernels.gatAggregate(args);
    const reached = new Set(LIST.flatMap(([i, j]) => (j === 4 ? [i] : [])));
    expect(reached.size).toBeGreaterThan(2);
    const spoilt = [...args.out.keys()].filter((row) => Number.isNaN(args.out[row]));
    expect(spoilt).toEqual([...reached]);
  });

  test('refuses edges and arrays that do not fit', async () => {
    const kernels = await loadVariant(variant);
    const args = inputsOf({ heads: 2, width: 3, activation: 'leakyRelu' });
    const run = (change: object) => (): void => {
      kernels.gatAggregate({ ...args, ...change });
    };
    expect(run({ z: args.z.subarray(6) })).toThrow(DataError);
    expect(run({ source: args.source.subarray(2) })).toThrow(DataError);
    expect(run({ target: args.target.subarray(1) })).toThrow(ParamError);
    expect(run({ slopes: args.slopes.subarray(1) })).toThrow(ParamError);
    expect(() => gradientsOn(kernels, { ...args, z: args.z.subarray(1) }, args.out)).toThrow(
      ParamError,
    );
  });
});
