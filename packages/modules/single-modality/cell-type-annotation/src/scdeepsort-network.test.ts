import { CsrMatrix, DenseMatrix, Rng } from '@dance-ts/core';
import { selectBackend, type Parameter } from '@dance-ts/nn';
import { beforeAll, describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import {
  cellNodes,
  SortNetwork,
  takeNodes,
  type SortNetworkOptions,
} from './scdeepsort-network.js';
import { toMatrix, toTensor } from './tensors.js';

type Rows = number[][];

const EXPRESSION = [
  [3, 0, 1, 0],
  [0, 2, 2, 0],
  [1, 1, 0, 0],
];
const GENES = [
  [1, -0.5],
  [0.3, 2],
  [-1, 0.7],
  [5, 5],
];
const SIZES = { nGenes: 4, nFeatures: 2, nClasses: 3 };
const OPTIONS: SortNetworkOptions = { hiddenDim: 3, nLayers: 1, dropout: 0, compat: 'paper' };

const expression = CsrMatrix.fromDense(DenseMatrix.fromRows(EXPRESSION));
const genes = DenseMatrix.fromRows(GENES);

beforeAll(async () => {
  await selectBackend('wasm');
});

/** The network with confidences that differ from each other, and its weights by name. */
async function network(options: Partial<SortNetworkOptions> = {}) {
  const made = new SortNetwork({ ...OPTIONS, ...options }, SIZES, Rng.fromSeed(1));
  const byName = new Map(made.parameters.trainable().map((entry) => [entry.name, entry] as const));
  const set = (name: string, values: number[]): void => {
    byName.get(name)?.set(Float32Array.from(values));
  };
  set('beta', [0.5, 2, -1, 3]);
  set('alpha/cells', [0.7]);
  set('alpha/genes', [1.3]);
  const weights = new Map<string, number[]>();
  for (const [name, parameter] of byName) weights.set(name, [...(await parameter.read())]);
  return { made, byName, weights };
}

async function logitsOf(made: SortNetwork): Promise<Rows> {
  const cells = await cellNodes(expression, genes);
  const nodes = await made.geneNodes(expression, cells, genes);
  return rowsOf(await toMatrix(tf.tidy(() => made.logits(cells, made.geneLevels(nodes)))));
}

/** (sum of factor_j w_ij x_j + alpha own_i) / (n_i + 1), w_i summing to its number of entries. */
function gatheredByHand(weights: Rows, factor: Rows, x: Rows, alpha: number, own: Rows): Rows {
  return weights.map((row, i) => {
    const total = row.reduce((sum, w) => sum + w, 0);
    const count = row.filter((w) => w > 0).length;
    return own[i]!.map((value, c) => {
      let sum = alpha * value;
      row.forEach((w, j) => {
        if (w > 0) sum += factor[i]![j]! * ((count * w) / total) * x[j]![c]!;
      });
      return sum / (count + 1);
    });
  });
}

function affine(x: Rows, weight: number[], bias: number[], relu: boolean): Rows {
  return x.map((row) =>
    bias.map((b, k) => {
      const sum = row.reduce((s, value, c) => s + value * weight[c * bias.length + k]!, b);
      return relu ? Math.max(0, sum) : sum;
    }),
  );
}

const cellFeatures = EXPRESSION.map((row) => {
  const total = row.reduce((sum, value) => sum + value, 0);
  return [0, 1].map((c) => row.reduce((sum, value, g) => sum + (value / total) * GENES[g]![c]!, 0));
});

function byHand(weights: Map<string, number[]>, nLayers: number): Rows {
  const get = (name: string): number[] => weights.get(name) ?? [];
  const layer = (l: number, x: Rows): Rows =>
    affine(x, get(`layer${l}/weight`), get(`layer${l}/bias`), true);
  const beta = get('beta');
  const [ofCells = NaN] = get('alpha/cells');
  const [ofGenes = NaN] = get('alpha/genes');
  const toCells = EXPRESSION.map(() => beta);
  const transposed = GENES.map((_, g) => EXPRESSION.map((row) => row[g]!));
  const toGenes = beta.map((b) => EXPRESSION.map(() => b));
  let cells = layer(0, gatheredByHand(EXPRESSION, toCells, GENES, ofCells, cellFeatures));
  if (nLayers === 2) {
    const second = layer(0, gatheredByHand(transposed, toGenes, cellFeatures, ofGenes, GENES));
    cells = layer(1, gatheredByHand(EXPRESSION, toCells, second, ofCells, cells));
  }
  return affine(cells, get('classifier/weight'), get('classifier/bias'), false);
}

describe('logits', () => {
  test.each([1, 2])('with %i layer(s) they are the formula of the paper', async (nLayers) => {
    const { made, weights } = await network({ nLayers });
    expectRows(await logitsOf(made), byHand(weights, nLayers));
    made.parameters.dispose();
  });

  test('some cells have the logits they have among all', async () => {
    const { made } = await network();
    const all = await logitsOf(made);
    const some = takeNodes(await cellNodes(expression, genes), Int32Array.of(2, 0));
    const taken = await toMatrix(tf.tidy(() => made.logits(some, [toTensor(genes)])));
    expectRows(rowsOf(taken), [all[2]!, all[0]!]);
    made.parameters.dispose();
  });

  test('the confidence of a gene matters to the cells that express it alone', async () => {
    const { made, byName } = await network();
    const before = await logitsOf(made);
    byName.get('beta')?.set(Float32Array.of(0.5, 2, 4, 3));
    const after = await logitsOf(made);
    expect(after[0]).not.toEqual(before[0]);
    expect(after[1]).not.toEqual(before[1]);
    expect(after[2]).toEqual(before[2]);
    made.parameters.dispose();
  });

  test('compat "dance": a perceptron on own features, without confidences', async () => {
    const { made, weights } = await network({ compat: 'dance', nLayers: 2 });
    expect([...weights.keys()].filter((name) => /alpha|beta/.test(name))).toEqual([]);
    const get = (name: string): number[] => weights.get(name) ?? [];
    let h = cellFeatures;
    for (const l of [0, 1]) h = affine(h, get(`layer${l}/weight`), get(`layer${l}/bias`), true);
    expectRows(
      await logitsOf(made),
      affine(h, get('classifier/weight'), get('classifier/bias'), false),
    );
    made.parameters.dispose();
  });
});

describe('logitsOfExpression', () => {
  test.each<Partial<SortNetworkOptions>>([{}, { nLayers: 2 }, { nLayers: 2, compat: 'dance' }])(
    'gives the logits at the expression of the graph: %j',
    async (options) => {
      const { made } = await network(options);
      const cells = await cellNodes(expression, genes);
      const nodes = await made.geneNodes(expression, cells, genes);
      const logits = tf.tidy(() => {
        const levels = made.geneLevels(nodes);
        return made.logitsOfExpression(tf.tensor2d(EXPRESSION), expression, levels);
      });
      expectRows(rowsOf(await toMatrix(logits)), await logitsOf(made));
      made.parameters.dispose();
    },
  );
});

test('gradients reach the confidence of every gene that is expressed, and of both loops', async () => {
  const { made, byName } = await network({ nLayers: 2 });
  const cells = await cellNodes(expression, genes);
  const nodes = await made.geneNodes(expression, cells, genes);
  // Positive weights, so that no ReLU is closed.
  for (const l of [0, 1]) byName.get(`layer${l}/bias`)?.set(Float32Array.of(30, 30, 30));
  const gradient = async (name: string): Promise<number[]> => {
    const { variable } = byName.get(name) as Parameter;
    const loss = (): tf.Scalar =>
      tf.sum(tf.mul(made.logits(cells, made.geneLevels(nodes)), tf.tensor1d([1, -2, 0.5])));
    const { grads, value } = tf.variableGrads(loss, [variable]);
    const values = [...(await grads[variable.name]!.data())];
    tf.dispose([value, grads]);
    return values;
  };
  const ofBeta = await gradient('beta');
  expect(ofBeta.map((value) => value !== 0)).toEqual([true, true, true, false]);
  expect((await gradient('alpha/cells'))[0]).not.toBe(0);
  expect((await gradient('alpha/genes'))[0]).not.toBe(0);
  made.parameters.dispose();
});

test('dropout acts where there is a stream, on what a node has gathered', async () => {
  const { made } = await network({ dropout: 0.5 });
  const cells = await cellNodes(expression, genes);
  const run = async (rng?: Rng): Promise<Rows> =>
    rowsOf(await toMatrix(tf.tidy(() => made.logits(cells, [toTensor(genes)], rng))));
  expect(await run(Rng.fromSeed(5))).toEqual(await run(Rng.fromSeed(5)));
  expect(await run(Rng.fromSeed(5))).not.toEqual(await run());
  made.parameters.dispose();
});

function rowsOf(matrix: DenseMatrix): Rows {
  return Array.from({ length: matrix.nRows }, (_, i) => [...matrix.row(i)]);
}

function expectRows(got: Rows, expected: Rows): void {
  expect(got.length).toBe(expected.length);
  expected.forEach((row, i) => {
    row.forEach((value, c) => {
      expect(got[i]![c]).toBeCloseTo(value, 5);
    });
  });
}
