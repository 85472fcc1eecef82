import { CsrMatrix, DenseMatrix, Rng } from '@dance-ts/core';
import { selectBackend, SparseOperand } from '@dance-ts/nn';
import { beforeAll, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { HeteroNetwork, type HeteroNetworkOptions } from './scheteronet-network.js';
import { toMatrix } from './tensors.js';

type Rows = number[][];

const X = [
  [2, 0, 1, 0],
  [0, 1, 0, 3],
  [1, 1, 0, 0],
];
const ONE_HOP = [
  [0, 0.5, 0],
  [0.5, 0, 0.7],
  [0, 0.7, 0],
];
const TWO_HOP = [
  [0, 0, 1],
  [0, 0, 0],
  [1, 0, 0],
];
const OPTIONS: HeteroNetworkOptions = {
  ...{ nGenes: 4, nClasses: 3, hiddenDim: 2, nLayers: 2, dropout: 0 },
  ...{ useBn: false, decoder: true },
};

const sparse = (rows: Rows): SparseOperand =>
  new SparseOperand(CsrMatrix.fromDense(DenseMatrix.fromRows(rows)));
const graphs = { oneHop: sparse(ONE_HOP), twoHop: sparse(TWO_HOP) };

beforeAll(async () => {
  await selectBackend('wasm');
});

function product(a: Rows, b: Rows): Rows {
  return a.map((row) => b[0]!.map((_, c) => row.reduce((sum, v, k) => sum + v * b[k]![c]!, 0)));
}

async function hiddenOf(network: HeteroNetwork, rng?: Rng): Promise<Rows> {
  const matrix = await toMatrix(tf.tidy(() => network.hidden(sparse(X), graphs, rng)));
  return Array.from({ length: matrix.nRows }, (_, i) => [...matrix.row(i)]);
}

async function weightsOf(network: HeteroNetwork): Promise<Map<string, Float32Array>> {
  const entries = await network.parameters.capture();
  return new Map(entries.map(([name, { data }]) => [name, data as Float32Array]));
}

test('states of the layers stand side by side, one-hop before two-hop means', async () => {
  const network = new HeteroNetwork(OPTIONS, Rng.fromSeed(3));
  const weights = await weightsOf(network);
  const W = weights.get('embedding/weight') ?? [];
  const b = weights.get('embedding/bias') ?? [];
  const x0 = product(X, [0, 1, 2, 3].map((g) => [W[2 * g]!, W[2 * g + 1]!])) // prettier-ignore
    .map((row) => row.map((value, c) => Math.max(0, value + b[c]!)));
  const layer = (h: Rows): Rows => {
    const [near, far] = [product(ONE_HOP, h), product(TWO_HOP, h)];
    return h.map((_, i) => [...near[i]!, ...far[i]!]);
  };
  const [x1, x2] = [layer(x0), layer(layer(x0))];
  const hidden = await hiddenOf(network);
  hidden.forEach((row, i) => {
    const expected = [...x0[i]!, ...x1[i]!, ...x2[i]!];
    expect(row).toHaveLength(2 * (2 ** 3 - 1));
    expected.forEach((value, c) => {
      expect(row[c]).toBeCloseTo(value, 5);
    });
  });
  expect(x0.flat().some((value) => value > 0)).toBe(true);
  network.parameters.dispose();
});

test('batch normalization stands between layers only', async () => {
  const names = async (nLayers: number): Promise<string[]> => {
    const network = new HeteroNetwork({ ...OPTIONS, nLayers, useBn: true }, Rng.fromSeed(3));
    const weights = await weightsOf(network);
    network.parameters.dispose();
    return [...weights.keys()].filter((name) => name.endsWith('gamma'));
  };
  expect(await names(1)).toEqual([]);
  expect(await names(3)).toEqual(['norm0/gamma', 'norm1/gamma']);

  const network = new HeteroNetwork({ ...OPTIONS, useBn: true }, Rng.fromSeed(3));
  const hidden = await hiddenOf(network, Rng.fromSeed(0));
  // Columns of the first layer have mean 0 over the cells in training.
  for (const c of [2, 3, 4, 5]) {
    expect(hidden.reduce((sum, row) => sum + row[c]!, 0)).toBeCloseTo(0, 4);
  }
  network.parameters.dispose();
});

test('dropout acts in training alone', async () => {
  const network = new HeteroNetwork({ ...OPTIONS, dropout: 0.6 }, Rng.fromSeed(3));
  expect(await hiddenOf(network, Rng.fromSeed(1))).not.toEqual(await hiddenOf(network));
  expect(await hiddenOf(network, Rng.fromSeed(1))).toEqual(
    await hiddenOf(network, Rng.fromSeed(1)),
  );
  network.parameters.dispose();
});

test('the decoder gives three parameters for each gene, or there is none', () => {
  const shapes = (decoder: boolean): number[][] => {
    const network = new HeteroNetwork({ ...OPTIONS, decoder }, Rng.fromSeed(3));
    return tf.tidy(() => {
      const decoded = network.decode(network.hidden(sparse(X), graphs));
      network.parameters.dispose();
      return Object.values(decoded ?? {}).map(({ shape }) => [...shape]);
    });
  };
  expect(shapes(true)).toEqual(Array.from({ length: 3 }, () => [3, 4]));
  expect(shapes(false)).toEqual([]);
});
