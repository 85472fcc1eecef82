import { beforeAll, describe, expect, test } from '@jest/globals';
import { CsrMatrix, DenseMatrix, Rng } from '@dance-ts/core';
import { getKernels } from '@dance-ts/kernels';
import { selectBackend } from '@dance-ts/nn';
import { weightedCellFeatures } from '@dance-ts/transforms';
import * as tf from '@tensorflow/tfjs';
import { GraphNetwork, type GraphNetworkParams } from './graphsc-network.js';

const PARAMS: GraphNetworkParams = {
  ...{ hiddenDim: 6, nLayers: 1, nHidden: 1, hidden1: 4, hidden2: 0, hiddenRelu: false },
  ...{ hiddenBn: false, activation: 'relu', agg: 'sum', dropout: 0.1, degree: 'batch' },
};
const N_CELLS = 9;
const N_GENES = 7;

beforeAll(async () => {
  await selectBackend('wasm');
});

/** A random graph; the last cell has no gene. */
async function networkOf(variant: Partial<GraphNetworkParams>) {
  const rng = Rng.fromSeed(3);
  const dense = new DenseMatrix(
    N_CELLS,
    N_GENES,
    Float32Array.from({ length: N_CELLS * N_GENES }, () =>
      rng.uniform() < 0.5 ? rng.uniform() + 0.1 : 0,
    ),
  );
  dense.row(N_CELLS - 1).fill(0);
  const edges = CsrMatrix.fromDense(dense);
  const geneFeatures = new DenseMatrix(
    N_GENES,
    3,
    Float32Array.from({ length: N_GENES * 3 }, () => rng.normal()),
  );
  const graph = {
    toCell: edges,
    toGene: edges.transpose(),
    cellFeatures: await weightedCellFeatures(edges, geneFeatures),
    geneFeatures,
  };
  const network = new GraphNetwork({ ...PARAMS, ...variant }, graph, await getKernels(), rng);
  return { network, dense };
}

describe('embeddingOfEdges', () => {
  test.each<Partial<GraphNetworkParams>>([
    {},
    { agg: 'mean', degree: 'graph' },
    { nLayers: 2 },
    { nLayers: 2, agg: 'mean', degree: 'graph', hiddenRelu: true },
    { hiddenBn: true, nHidden: 2, hidden2: 3 },
  ])('gives the embedding at the weights of the graph: %j', async (variant) => {
    const { network, dense } = await networkOf(variant);
    const context = { signal: undefined, rng: Rng.fromSeed(5) };
    const reporter = { progress: () => undefined, message: () => undefined };
    const expected = await network.embed(4, { ...context, reporter });
    const before = tf.memory().numTensors;
    const embedding = network.embeddingOfEdges(network.batches(4, context));
    const rows = Int32Array.of(8, 2, 5, 0);
    const weights = dense.selectRows(rows);
    const z = tf.tidy(() => embedding.of(tf.tensor2d(weights.data, [4, N_GENES]), rows));
    const values = await z.data();
    rows.forEach((row, i) => {
      expected.row(row).forEach((value, f) => {
        expect(values[i * expected.nCols + f]).toBeCloseTo(value, 5);
      });
    });
    z.dispose();
    embedding.dispose();
    expect(tf.memory().numTensors).toBe(before);
    network.parameters.dispose();
  });
});
