import { beforeAll, describe, expect, test } from '@jest/globals';
import { CsrMatrix, DataError, DenseMatrix, Rng } from '@dance-ts/core';
import * as tf from '@tensorflow/tfjs';
import { selectBackend } from '../../backend/select-backend.js';
import { SparseOperand } from '../../ops/spmm.js';
import { Parameter, ParameterSet } from '../../parameters.js';
import { goldenGraph } from '../../testing/golden-graph.js';
import { goldenCase, type GoldenCase } from '../../testing/golden.js';
import {
  expectClose,
  expectGradients,
  gradientsOf,
  TESTED_DEVICES,
  valuesOf,
  variableOf,
} from '../../testing/numeric.js';
import { HeteroSage } from './hetero-sage.js';
import { rowNormalized } from './normalization.js';
import { SageConv } from './sage-conv.js';
import { weightedEdges, WeightedAggregation } from './weighted-aggregation.js';

const rng = Rng.fromSeed(0);
const matrixOf = ({ variable }: Parameter): tf.Tensor2D => variable as tf.Tensor as tf.Tensor2D;

function goldenParameter(golden: GoldenCase, key: string): Parameter {
  const values = Float32Array.from(golden.numbers(key));
  const { length } = golden.rows(key);
  return new Parameter(key, [length, values.length / length], values, true);
}

/** [3, 2] edges between cells and genes; the last cell has none. */
const EXPRESSED = CsrMatrix.fromDense(
  DenseMatrix.fromRows([
    [2, 0, 1],
    [1, 1, 1],
    [0, 3, 0],
    [0, 0, 0],
  ]),
);

describe.each(TESTED_DEVICES)('layers that gather neighbors on %s', (device) => {
  beforeAll(async () => {
    await selectBackend(device);
  });

  test('SageConv by mean has the golden values and gradients', () => {
    const golden = goldenCase('gnn_layers', 'sage_mean');
    const graph = rowNormalized(goldenGraph(golden));
    const options = { nIn: 5, nOut: 3, bias: false, rng };
    const conv = new SageConv(new ParameterSet(), 'sage', options);
    conv.neighbors.weight.set(Float32Array.from(golden.numbers('W_neigh')));
    conv.own?.weight.set(Float32Array.from(golden.numbers('W_self')));
    const x = goldenParameter(golden, 'X');
    const out = (): tf.Tensor => conv.apply(graph, matrixOf(x));
    expectClose(valuesOf(out), golden.numbers('out'), 1e-5);
    const own = conv.own === undefined ? [] : [conv.own.weight];
    const parameters = [x, conv.neighbors.weight, ...own];
    const gradients = gradientsOf(out, parameters, golden.numbers('upstream'));
    for (const [k, name] of ['X', 'W_neigh', 'W_self'].entries()) {
      expectClose(gradients[k] ?? [], golden.numbers(`grad_${name}`), 1e-4);
    }
  });

  test('SageConv by maximum takes the largest of the transformed neighbors', () => {
    const graph = new SparseOperand(EXPRESSED);
    const options = { nIn: 2, nOwn: 4, nOut: 3, aggregator: 'pool', rng } as const;
    const conv = new SageConv(new ParameterSet(), 'sage', options);
    const [genes, cells] = [variableOf([3, 2], 1), variableOf([4, 4], 2)];
    const out = (): tf.Tensor => conv.apply(graph, matrixOf(genes), matrixOf(cells));
    const expected = valuesOf(() => {
      const { pool } = conv;
      if (pool === undefined) throw new Error('no pool');
      const rows = tf.unstack(pool.apply(matrixOf(genes), true));
      const pooled = [[0, 2], [0, 1, 2], [1]].map((list) =>
        tf.max(tf.stack(list.map((j) => rows[j]!)), 0),
      );
      const maxima = tf.stack([...pooled, tf.zeros([2])]) as tf.Tensor2D;
      const own = conv.own?.apply(matrixOf(cells)) ?? tf.zeros([4, 3]);
      return tf.add(conv.neighbors.apply(maxima), own);
    });
    expectClose(valuesOf(out), expected, 1e-5);
    expectGradients(out, [cells, conv.neighbors.weight], { tolerance: 3e-3 });
    expectGradients(out, [genes], { step: 1e-3, tolerance: 5e-3 });
  });

  test('SageConv as a GCN averages a node with its neighbors', () => {
    const golden = goldenCase('gnn_layers', 'sage_mean');
    const graph = rowNormalized(goldenGraph(golden), { selfLoops: true });
    const options = { nIn: 5, nOut: 3, aggregator: 'gcn', rng } as const;
    const conv = new SageConv(new ParameterSet(), 'sage', options);
    const x = goldenParameter(golden, 'X');
    const expected = valuesOf(() => {
      const mean = tf.matMul<tf.Tensor2D>(
        tf.tensor2d(graph.matrix.toDense().data, [8, 8]),
        x.variable,
      );
      return conv.neighbors.apply(mean);
    });
    expect(conv.own).toBeUndefined();
    expectClose(
      valuesOf(() => conv.apply(graph, matrixOf(x))),
      expected,
      1e-5,
    );
  });

  test('HeteroSage normalizes own features plus means of the other kind', () => {
    const graph = {
      toCells: rowNormalized(EXPRESSED.mapData(() => 1)),
      toGenes: rowNormalized(EXPRESSED.transpose().mapData(() => 1)),
    };
    const parameters = new ParameterSet();
    const layer = new HeteroSage(parameters, 'h', {
      ...{ nCellFeatures: 3, nGeneFeatures: 2, nOut: 4, rng },
    });
    const [cells, genes] = [variableOf([4, 3], 1), variableOf([3, 2], 2)];
    const features = { cells: matrixOf(cells), genes: matrixOf(genes) };
    const named = (name: string): tf.Tensor2D => {
      const found = parameters.trainable().find((parameter) => parameter.name === name);
      if (found === undefined) throw new Error(`no parameter ${name}`);
      return matrixOf(found);
    };
    const linear = (kind: string, own: tf.Tensor2D, mean: tf.Tensor2D): tf.Tensor =>
      tf.addN([
        tf.matMul(own, named(`h/${kind}/own/weight`)),
        tf.matMul(mean, named(`h/${kind}/neighbors/weight`)),
        tf.tile(tf.reshape(named(`h/${kind}/own/bias`), [1, 4]), [own.shape[0], 1]),
      ]);
    const dense = ({ matrix }: SparseOperand): tf.Tensor2D =>
      tf.tensor2d(matrix.toDense().data, [matrix.nRows, matrix.nCols]);
    // Running statistics are 0 and 1 at first.
    const scale = 1 / Math.sqrt(1 + 1e-5);
    const expectedCells = valuesOf(() =>
      tf.mul(
        linear('cells', features.cells, tf.matMul(dense(graph.toCells), features.genes)),
        scale,
      ),
    );
    const expectedGenes = valuesOf(() =>
      tf.mul(
        linear('genes', features.genes, tf.matMul(dense(graph.toGenes), features.cells)),
        scale,
      ),
    );
    expectClose(
      valuesOf(() => layer.apply(graph, features, false).cells),
      expectedCells,
      1e-5,
    );
    expectClose(
      valuesOf(() => layer.apply(graph, features, false).genes),
      expectedGenes,
      1e-5,
    );
    const normalized = valuesOf(() => tf.mean(layer.applyToCells(graph, features, true), 0));
    expectClose(normalized, [0, 0, 0, 0], 1e-5);
  });

  test('WeightedAggregation has the golden values and gradients', () => {
    const golden = goldenCase('gnn_layers', 'weighted_aggregation_scdeepsort');
    const edges = weightedEdges(goldenGraph(golden, 'edge_weight'));
    const layer = new WeightedAggregation(new ParameterSet(), 'w', { nIn: 5, nOut: 3, rng });
    layer.weight.set(Float32Array.from(golden.numbers('W')));
    layer.bias.set(Float32Array.from(golden.numbers('b')));
    const [x, beta] = [goldenParameter(golden, 'X'), goldenParameter(golden, 'beta_source')];
    const alpha = new Parameter('alpha', [1], Float32Array.of(golden.number('alpha_self')), true);
    const out = (): tf.Tensor => {
      const confidence = { beta: beta.variable, alpha: alpha.variable };
      return layer.project(layer.aggregate(edges, confidence, matrixOf(x), matrixOf(x)));
    };
    expectClose(valuesOf(out), golden.numbers('out'), 1e-5);
    const parameters = [x, layer.weight, layer.bias, beta, alpha];
    const gradients = gradientsOf(out, parameters, golden.numbers('upstream'));
    for (const [k, name] of ['X', 'W', 'b', 'beta'].entries()) {
      expectClose(gradients[k]!, golden.numbers(`grad_${name}`), 1e-4);
    }
    expectClose(gradients[4]!, [golden.number('grad_alpha')], 1e-4);
  });
});

test('rescaled weights of scDeepSort sum to the number of entries before the division', () => {
  const { graph, ownScale } = weightedEdges(EXPRESSED, true);
  expectClose(graph.matrix.rowSums(), [2 / 3, 3 / 4, 1 / 2, 0], 1e-6);
  expectClose(graph.matrix.toDense().row(0), [4 / 9, 0, 2 / 9], 1e-6);
  expectClose(ownScale, [1 / 3, 1 / 4, 1 / 2, 1], 1e-6);
  expect(() =>
    weightedEdges(
      EXPRESSED.mapData((value) => -value),
      true,
    ),
  ).toThrow(DataError);
});
