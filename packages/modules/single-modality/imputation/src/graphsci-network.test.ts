import { CsrMatrix, DataError, DenseMatrix, Rng } from '@dance-ts/core';
import { Adam, selectBackend, SparseOperand, symmetricNormalized } from '@dance-ts/nn';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import {
  adjacencyLoss,
  countErrorLoss,
  linkTensor,
  posteriorKl,
  zinbLoss,
  type CountTarget,
} from './graphsci-loss.js';
import { GraphSciNetwork, type GraphSciNetworkOptions } from './graphsci-network.js';

const [N_CELLS, N_GENES] = [6, 5];
const OPTIONS: GraphSciNetworkOptions = {
  ...{ nCells: N_CELLS, nGenes: N_GENES, graphDims: [4, 3], cellDims: [4, 3] },
  ...{ dropout: 0, interaction: 'elementwise' },
};
const COUNTS = DenseMatrix.fromRows([
  [3, 0, 1, 0, 2],
  [0, 4, 0, 1, 0],
  [1, 0, 0, 0, 9],
  [0, 0, 2, 0, 0],
  [5, 1, 0, 3, 0],
  [0, 2, 0, 0, 1],
]);
const LINKS = CsrMatrix.fromDense(
  DenseMatrix.fromRows([
    [1, 1, 0, 0, 0],
    [1, 1, 0, 0, 0],
    [0, 0, 1, 1, 1],
    [0, 0, 1, 1, 1],
    [0, 0, 1, 1, 1],
  ]),
);

let network: GraphSciNetwork;
let nTensors = 0;
const graph = symmetricNormalized(LINKS);
const cells = new SparseOperand(CsrMatrix.fromDense(COUNTS).mapData(Math.log1p));
const genes = new SparseOperand(cells.matrix.transpose());

beforeAll(async () => {
  await selectBackend('wasm');
});
beforeEach(() => {
  nTensors = tf.memory().numTensors;
  network = new GraphSciNetwork(OPTIONS, Rng.fromSeed(1));
});
afterEach(() => {
  network.parameters.dispose();
  expect(tf.memory().numTensors).toBe(nTensors);
});

function run<T extends tf.TensorContainer>(compute: () => T): T {
  return tf.tidy(compute);
}

function valuesOf(compute: () => tf.Tensor): number[] {
  return tf.tidy(() => [...compute().dataSync()]);
}

/** Held-out entries are zeros of the counts and of `kept`. */
function target(heldOut: readonly (readonly [number, number])[] = []): CountTarget {
  const [counts, kept] = [COUNTS.data.slice(), new Float32Array(COUNTS.data.length).fill(1)];
  for (const [i, j] of heldOut) counts[i * N_GENES + j] = kept[i * N_GENES + j] = 0;
  const shape: [number, number] = [N_CELLS, N_GENES];
  return {
    counts: tf.tensor2d(counts, shape),
    sizeFactors: tf.tensor1d([1, 0.5, 2, 1, 1.5, 0.7]),
    kept: heldOut.length > 0 ? tf.tensor2d(kept, shape) : undefined,
    nKept: counts.length - heldOut.length,
  };
}

/** ln of the density of a zero-inflated negative binomial, for whole counts, in float64. */
function logZinb(x: number, mean: number, theta: number, pi: number): number {
  let logNb = theta * Math.log(theta / (theta + mean)) + x * Math.log(mean / (theta + mean));
  for (let k = 0; k < x; k++) logNb += Math.log((theta + k) / (k + 1));
  return x > 0 ? Math.log(1 - pi) + logNb : Math.log(pi + (1 - pi) * Math.exp(logNb));
}

function logitsOf(seed: number): {
  mean: tf.Tensor2D;
  dispersion: tf.Tensor2D;
  dropout: tf.Tensor2D;
} {
  const rng = Rng.fromSeed(seed);
  const matrix = (): tf.Tensor2D =>
    tf.tensor2d(
      Float32Array.from({ length: COUNTS.data.length }, () => rng.normal()),
      [N_CELLS, N_GENES],
    );
  return { mean: matrix(), dispersion: matrix(), dropout: matrix() };
}

describe('posterior of the gene graph', () => {
  test('is two graph convolutions and two heads', async () => {
    const weights = new Map(
      (await network.parameters.capture()).map(([name, { data }]) => [name, [...data]]),
    );
    const matrix = (name: string, nOut: number): number[][] => {
      const values = weights.get(name) ?? [];
      return Array.from({ length: values.length / nOut }, (_, i) =>
        values.slice(i * nOut, (i + 1) * nOut),
      );
    };
    const dense = (m: CsrMatrix): number[][] => {
      const full = m.toDense();
      return Array.from({ length: m.nRows }, (_, i) => [...full.row(i)]);
    };
    const A = dense(graph.matrix);
    const h1 = product(A, product(dense(genes.matrix), matrix('graph/0/weight', 4)));
    const a1 = h1.map((row) => row.map(Math.tanh));
    const h2 = product(A, product(a1, matrix('graph/1/weight', 3)));
    const a2 = h2.map((row) => row.map((value) => Math.max(0, value)));
    for (const [head, name] of [
      ['mean', 'graph/mean/weight'],
      ['logSigma', 'graph/logSigma/weight'],
    ] as const) {
      const expected = product(A, product(a2, matrix(name, N_GENES))).flat();
      const found = valuesOf(() => network.posterior(graph, genes)[head]);
      expected.forEach((value, e) => {
        expect(found[e]).toBeCloseTo(value, 4);
      });
    }
    expect(a2.flat().some((value) => value > 0)).toBe(true);
  });

  test('the sample is mean + sigma x noise of the stream, the mean without one', () => {
    const posterior = {
      mean: tf.fill<tf.Rank.R2>([40, 40], 3),
      logSigma: tf.fill<tf.Rank.R2>([40, 40], Math.log(2)),
    };
    const drawn = valuesOf(() => network.sample(posterior, Rng.fromSeed(4)));
    const mean = drawn.reduce((sum, value) => sum + value, 0) / drawn.length;
    const variance = drawn.reduce((sum, value) => sum + (value - mean) ** 2, 0) / drawn.length;
    // 1,600 draws: standard errors 0.05 and 0.14.
    expect(Math.abs(mean - 3)).toBeLessThan(0.2);
    expect(Math.abs(variance - 4)).toBeLessThan(0.6);
    expect(valuesOf(() => network.sample(posterior, Rng.fromSeed(4)))).toEqual(drawn);
    expect(network.sample(posterior)).toBe(posterior.mean);
    tf.dispose(posterior);
  });

  test('the likelihood of the counts reaches both heads through the sample', async () => {
    const optimizer = new Adam(network.parameters.trainable(), { learningRate: 0.1 });
    const before = new Map(await network.parameters.capture());
    const batch = target();
    await optimizer.minimizeTerms(() => {
      const rng = Rng.fromSeed(5);
      const z = network.sample(network.posterior(graph, genes, rng), rng);
      const h = network.encode(cells, network.interactions(z), rng);
      return { loss: zinbLoss(network.decode(h), batch) };
    });
    for (const [name, { data }] of await network.parameters.capture()) {
      const isFixed = name.includes('running');
      const moved = data.some((value, e) => value !== before.get(name)?.data[e]);
      if (!isFixed && /weight/.test(name)) expect([name, moved]).toEqual([name, true]);
    }
    optimizer.dispose();
    tf.dispose([batch.counts, batch.sizeFactors]);
  });
});

describe('interaction', () => {
  test.each([
    [
      'elementwise',
      (w: number[][], z: number[][]) => w.map((row, i) => row.map((v, j) => v * z[i]![j]!)),
    ],
    [
      'linear',
      (w: number[][], z: number[][]) =>
        product(
          z,
          w[0]!.map((_, c) => w.map((row) => row[c]!)),
        ),
    ],
  ] as const)('%s', async (interaction, expectedOf) => {
    const other = new GraphSciNetwork({ ...OPTIONS, interaction }, Rng.fromSeed(2));
    const saved = new Map(await other.parameters.capture());
    const weights = [...(saved.get('interaction/weight')?.data ?? [])];
    const z = Array.from({ length: 25 }, (_, e) => Math.sin(e + 1));
    const square = (values: number[]): number[][] =>
      Array.from({ length: 5 }, (_, i) => values.slice(5 * i, 5 * i + 5));
    const expected = expectedOf(square(weights), square(z)).flat();
    const found = valuesOf(() => other.interactions(tf.tensor2d(z, [5, 5])));
    expected.forEach((value, e) => {
      expect(found[e]).toBeCloseTo(value, 5);
    });
    other.parameters.dispose();
  });

  test('too many genes for square matrices are refused', () => {
    const make = (): GraphSciNetwork =>
      new GraphSciNetwork({ ...OPTIONS, nGenes: 30_000 }, Rng.fromSeed(0));
    expect(make).toThrow(DataError);
    expect(make).toThrow(/nTopGenes/);
  });
});

describe('losses', () => {
  test('ZINB is the mean of -ln p over the entries that are learned from', () => {
    const heldOut = [[0, 0], [2, 4], [5, 1]] as const; // prettier-ignore
    const found = run(() => zinbLoss(logitsOf(7), target(heldOut)).dataSync()[0]!);
    const logits = run(() => {
      const { mean, dispersion, dropout } = logitsOf(7);
      return [mean, dispersion, dropout].map((tensor) => [...tensor.dataSync()]);
    });
    const sizes = [1, 0.5, 2, 1, 1.5, 0.7];
    let sum = 0;
    for (let e = 0; e < COUNTS.data.length; e++) {
      const [i, j] = [Math.floor(e / N_GENES), e % N_GENES];
      if (heldOut.some(([row, column]) => row === i && column === j)) continue;
      const [m = 0, t = 0, p = 0] = logits.map((values) => values[e]!);
      const mean = Math.exp(m) * sizes[i]!;
      sum -= logZinb(COUNTS.data[e]!, mean, Math.log1p(Math.exp(t)), 1 / (1 + Math.exp(-p)));
    }
    expect(found).toBeCloseTo(sum / (COUNTS.data.length - 3), 4);
  });

  test('held-out entries give no gradient', () => {
    const gradient = run(() => {
      const { mean, dispersion, dropout } = logitsOf(7);
      const ofMean = tf.grad((m) =>
        tf.add(
          zinbLoss({ mean: m as tf.Tensor2D, dispersion, dropout }, target([[2, 4]])),
          countErrorLoss({ mean: m as tf.Tensor2D, dispersion, dropout }, target([[2, 4]])),
        ),
      );
      return [...ofMean(mean).dataSync()];
    });
    expect(gradient.map((value) => value === 0)).toEqual(
      Array.from({ length: 30 }, (_, e) => e === 2 * N_GENES + 4),
    );
  });

  test('the error of the counts is the mean square over 2 G', () => {
    const [found] = valuesOf(() => countErrorLoss(logitsOf(8), target()));
    const means = valuesOf(() => tf.exp(logitsOf(8).mean));
    const sizes = [1, 0.5, 2, 1, 1.5, 0.7];
    const squares = means.map(
      (mean, e) => (mean * sizes[Math.floor(e / N_GENES)]! - COUNTS.data[e]!) ** 2,
    );
    const mean = squares.reduce((sum, value) => sum + value, 0) / squares.length;
    expect(found).toBeCloseTo((0.5 / N_GENES) * mean, 4);
  });

  test('links weigh as much as pairs without a link, and the loss falls as Z finds them', () => {
    const links = linkTensor(LINKS);
    expect([...links.dataSync()]).toEqual([...LINKS.toDense().data]);
    const lossAt = (scale: number): number =>
      valuesOf(() => adjacencyLoss(tf.mul(tf.sub(links, 0.5), scale), links, LINKS.nnz))[0]!;
    // All logits 0: ln 2 x norm x (weight x links + others) / G^2 = ln 2.
    expect(lossAt(0)).toBeCloseTo(Math.LN2, 5);
    expect(lossAt(4)).toBeLessThan(0.2);
    expect(lossAt(-4)).toBeGreaterThan(1.5);
    links.dispose();
  });

  test('KL of the posterior', () => {
    const kl = (mean: number, sigma: number): number =>
      valuesOf(() =>
        posteriorKl({
          mean: tf.fill([3, 3], mean),
          logSigma: tf.fill([3, 3], Math.log(sigma)),
        }),
      )[0]!;
    expect(kl(0, 1)).toBeCloseTo(0, 6);
    expect(kl(2, 3)).toBeCloseTo((4 + 9 - 1) / 2 - Math.log(3), 4);
  });
});

function product(a: number[][], b: number[][]): number[][] {
  return a.map((row) => b[0]!.map((_, c) => row.reduce((sum, v, k) => sum + v * b[k]![c]!, 0)));
}
