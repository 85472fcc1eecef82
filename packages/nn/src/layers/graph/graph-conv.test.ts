import { beforeAll, describe, expect, test } from '@jest/globals';
import { CsrMatrix, DenseMatrix, Rng } from '@dance-ts/core';
import * as tf from '@tensorflow/tfjs';
import { selectBackend } from '../../backend/select-backend.js';
import { SparseOperand } from '../../ops/spmm.js';
import { Parameter, ParameterSet } from '../../parameters.js';
import { goldenGraph, goldenMatrices } from '../../testing/golden-graph.js';
import { goldenCase, type GoldenCase } from '../../testing/golden.js';
import {
  expectClose,
  expectGradients,
  gradientsOf,
  TESTED_DEVICES,
  valuesOf,
} from '../../testing/numeric.js';
import { GatConv } from './gat-conv.js';
import { GcnConv } from './gcn-conv.js';
import { rowNormalized, symmetricNormalized, withSelfLoops } from './normalization.js';
import { StagateAttention } from './stagate-attention.js';
import { TagConv } from './tag-conv.js';

const rng = Rng.fromSeed(0);

function set(parameter: Parameter | undefined, values: readonly number[]): void {
  parameter?.set(Float32Array.from(values));
}

function input(golden: GoldenCase): Parameter {
  const rows = golden.rows('X');
  return new Parameter('X', [rows.length, rows[0]!.length], Float32Array.from(rows.flat()), true);
}

/** The bias, if there is one. */
function biasOf({ bias }: { readonly bias: Parameter | undefined }): Parameter[] {
  return bias === undefined ? [] : [bias];
}

const x2 = ({ variable }: Parameter): tf.Tensor2D => variable as tf.Tensor as tf.Tensor2D;

/** [heads][nIn][nOut] to [nIn, heads * nOut]. */
function headsSideBySide(golden: GoldenCase, key: string): number[] {
  const [heads, nIn, nOut] = [2, 5, 3];
  const values = goldenMatrices(golden, key, heads);
  return Array.from({ length: nIn }, (_, i) => i).flatMap((i) =>
    Array.from({ length: heads }, (_, h) => h).flatMap((h) =>
      values.slice((h * nIn + i) * nOut, (h * nIn + i + 1) * nOut),
    ),
  );
}

describe.each(TESTED_DEVICES)('graph layers on %s', (device) => {
  beforeAll(async () => {
    await selectBackend(device);
  });

  test('GcnConv has the golden values and gradients', () => {
    const golden = goldenCase('gnn_layers', 'gcn_relu');
    const graph = symmetricNormalized(goldenGraph(golden), { selfLoops: true });
    expectClose(graph.matrix.toDense().data, golden.numbers('A_norm'), 1e-6);
    const conv = new GcnConv(new ParameterSet(), 'gcn', { nIn: 5, nOut: 3, rng });
    set(conv.weight, golden.numbers('W'));
    set(conv.bias, golden.numbers('b'));
    const x = input(golden);
    const out = (): tf.Tensor => tf.relu(conv.apply(graph, x2(x)));
    expectClose(valuesOf(out), golden.numbers('out'), 1e-5);
    const parameters = [x, conv.weight, ...biasOf(conv)];
    const gradients = gradientsOf(out, parameters, golden.numbers('upstream'));
    for (const [k, name] of ['X', 'W', 'b'].entries()) {
      expectClose(gradients[k]!, golden.numbers(`grad_${name}`), 1e-4);
    }
  });

  test('GcnConv without bias is the mixed layer of scDSC, wide or narrow', () => {
    const golden = goldenCase('gnn_layers', 'scdsc_mixed_layer');
    const graph = new SparseOperand(
      symmetricNormalized(goldenGraph(goldenCase('gnn_layers', 'gcn_relu')), { selfLoops: true })
        .matrix,
    );
    const conv = new GcnConv(new ParameterSet(), 'gnn', { nIn: 5, nOut: 3, bias: false, rng });
    set(conv.weight, golden.numbers('W'));
    const sigma = golden.number('sigma');
    const out = valuesOf(() => {
      const [z, h] = [tf.tensor2d(golden.rows('Z')), tf.tensor2d(golden.rows('H'))];
      const mixed = tf.add<tf.Tensor2D>(tf.mul(z, 1 - sigma), tf.mul(h, sigma));
      return tf.relu(conv.apply(graph, mixed));
    });
    expectClose(out, golden.numbers('out_relu_An_((1-s)Z+sH)W'), 1e-5);
    const wide = new GcnConv(new ParameterSet(), 'wide', { nIn: 2, nOut: 4, rng });
    const x = tf.tensor2d([1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3, 4, 5, 6, 7], [8, 2]);
    const dense = valuesOf(() =>
      tf.matMul(
        tf.tensor2d(graph.matrix.toDense().data, [8, 8]),
        tf.matMul(x, wide.weight.variable),
      ),
    );
    expectClose(
      valuesOf(() => wide.apply(graph, x)),
      dense,
      1e-5,
    );
    x.dispose();
  });

  test('two GcnConv have the golden gradients of a masked cross entropy', () => {
    const golden = goldenCase('tiny_models', 'gcn2_masked_soft_cross_entropy');
    const matrixAt = (key: string): tf.Tensor2D => tf.tensor2d(golden.rows(key));
    const adjacency = CsrMatrix.fromDense(DenseMatrix.fromRows(golden.rows('A')));
    const graph = symmetricNormalized(adjacency, { selfLoops: true });
    const options = { bias: false, rng };
    const first = new GcnConv(new ParameterSet(), '1', { ...options, nIn: 5, nOut: 4 });
    const second = new GcnConv(new ParameterSet(), '2', { ...options, nIn: 4, nOut: 3 });
    set(first.weight, golden.numbers('W1'));
    set(second.weight, golden.numbers('W2'));
    const logits = (): tf.Tensor2D =>
      second.apply(graph, tf.relu(first.apply(graph, matrixAt('X'))));
    expectClose(
      valuesOf(() => tf.softmax(logits())),
      golden.numbers('softmax_out'),
      1e-5,
    );
    const mask = golden.numbers('mask');
    const labelled = mask.reduce((sum, value) => sum + value, 0);
    const loss = (): tf.Tensor => {
      const each = tf.neg(tf.sum(tf.mul(matrixAt('Y'), tf.logSoftmax(logits())), 1));
      return tf.div(tf.sum(tf.mul(each, mask)), labelled);
    };
    expectClose(valuesOf(loss), [golden.number('loss')], 1e-5);
    const gradients = gradientsOf(loss, [first.weight, second.weight], [1]);
    expectClose(gradients[0]!, golden.numbers('grad_W1'), 1e-5);
    expectClose(gradients[1]!, golden.numbers('grad_W2'), 1e-5);
  });

  test('TagConv has the golden values and gradients', () => {
    const golden = goldenCase('gnn_layers', 'tagcn_k2_relu');
    const graph = symmetricNormalized(goldenGraph(golden));
    expectClose(graph.matrix.toDense().data, golden.numbers('A_norm_without_self_loops'), 1e-6);
    const conv = new TagConv(new ParameterSet(), 'tag', { nIn: 5, nOut: 3, k: 2, rng });
    set(conv.weight, goldenMatrices(golden, 'W_hops', 3));
    set(conv.bias, golden.numbers('b'));
    const x = input(golden);
    const out = (): tf.Tensor => tf.relu(conv.apply(graph, x2(x)));
    expectClose(valuesOf(out), golden.numbers('out'), 1e-5);
    const parameters = [x, conv.weight, ...biasOf(conv)];
    const gradients = gradientsOf(out, parameters, golden.numbers('upstream'));
    expectClose(gradients[0]!, golden.numbers('grad_X'), 1e-4);
    expectClose(gradients[1]!, goldenMatrices(golden, 'grad_W_hops', 3), 1e-4);
    expectClose(gradients[2]!, golden.numbers('grad_b'), 1e-4);
  });

  test('TagConv that repeats a hop is one hop with the sum of the weights', () => {
    const graph = symmetricNormalized(goldenGraph(goldenCase('gnn_layers', 'tagcn_k2_relu')));
    const options = { nIn: 5, nOut: 3, bias: false, rng };
    const repeat = new TagConv(new ParameterSet(), 'r', { ...options, k: 3, hops: 'repeat' });
    const once = new TagConv(new ParameterSet(), 'o', { ...options, k: 1 });
    const weights = repeat.weight.values;
    set(
      once.weight,
      Array.from({ length: 30 }, (_, at) =>
        at < 15 ? weights[at]! : weights[at]! + weights[at + 15]! + weights[at + 30]!,
      ),
    );
    const x = input(goldenCase('gnn_layers', 'tagcn_k2_relu'));
    const expected = valuesOf(() => once.apply(graph, x2(x)));
    expectClose(
      valuesOf(() => repeat.apply(graph, x2(x))),
      expected,
      1e-5,
    );
    expectGradients(() => repeat.apply(graph, x2(x)), [x, repeat.weight]);
  });

  test('GatConv has the golden values and gradients', () => {
    const golden = goldenCase('gnn_layers', 'gat_2heads_concat_leakyrelu0.2');
    const graph = new SparseOperand(withSelfLoops(goldenGraph(golden)));
    const conv = new GatConv(new ParameterSet(), 'gat', { nIn: 5, nOut: 3, heads: 2, rng });
    set(conv.weight, headsSideBySide(golden, 'W'));
    set(conv.attentionSource, golden.numbers('a_source_j'));
    set(conv.attentionTarget, golden.numbers('a_target_i'));
    const x = input(golden);
    const out = (): tf.Tensor => conv.apply(graph, x2(x));
    expectClose(valuesOf(out), golden.numbers('out'), 1e-5);
    const parameters = [x, conv.weight, conv.attentionSource, conv.attentionTarget];
    const gradients = gradientsOf(out, parameters, golden.numbers('upstream'));
    expectClose(gradients[0]!, golden.numbers('grad_X'), 1e-4);
    expectClose(gradients[1]!, headsSideBySide(golden, 'grad_W'), 1e-4);
    expectClose(gradients[2]!, golden.numbers('grad_a_source_j'), 1e-4);
    expectClose(gradients[3]!, golden.numbers('grad_a_target_i'), 1e-4);
  });

  test('GatConv takes the mean of its heads, adds a bias and gives its attention', () => {
    const golden = goldenCase('gnn_layers', 'gat_2heads_concat_leakyrelu0.2');
    const graph = new SparseOperand(goldenGraph(golden));
    const options = { nIn: 5, nOut: 3, heads: 2, rng: Rng.fromSeed(4) };
    const concat = new GatConv(new ParameterSet(), 'gat', { ...options, bias: false });
    const mean = new GatConv(new ParameterSet(), 'gat', { ...options, combine: 'mean' });
    set(mean.bias, [1, 2, 3]);
    const x = input(golden);
    const apart = valuesOf(() => concat.apply(graph, x2(x)));
    const expected = Array.from({ length: 8 * 3 }, (_, at) => {
      const [row, f] = [Math.floor(at / 3), at % 3];
      return (apart[6 * row + f]! + apart[6 * row + 3 + f]!) / 2 + f + 1;
    });
    expectClose(
      valuesOf(() => mean.apply(graph, x2(x))),
      expected,
      1e-5,
    );
    expectGradients(() => mean.apply(graph, x2(x)), [x, ...biasOf(mean)], { tolerance: 3e-3 });
    const attention = valuesOf(() => mean.applyWithAttention(graph, x2(x)).attention);
    expect(attention).toHaveLength(graph.matrix.nnz * 2);
    const { indptr } = graph.matrix;
    const rows = [...indptr.subarray(1).keys()].filter((i) => indptr[i + 1]! > indptr[i]!);
    const sum = attention.reduce((total, weight) => total + weight, 0);
    expect(sum).toBeCloseTo(2 * rows.length, 4);
  });

  test('StagateAttention has the golden values, gradients and decoder', () => {
    const golden = goldenCase('gnn_layers', 'stagate_attention_elu');
    const graph = new SparseOperand(withSelfLoops(goldenGraph(golden)));
    const layer = new StagateAttention(new ParameterSet(), 'a', { nIn: 5, nOut: 3, rng });
    set(layer.weight, golden.numbers('W'));
    set(layer.attentionTarget, golden.numbers('v_s_for_i'));
    set(layer.attentionSource, golden.numbers('v_r_for_j'));
    const x = input(golden);
    const out = (): tf.Tensor => layer.encode(graph, x2(x)).out;
    expectClose(valuesOf(out), golden.numbers('out'), 1e-5);
    const attention = valuesOf(() => layer.encode(graph, x2(x)).attention);
    const dense = graph.matrix.withData(Float32Array.from(attention)).toDense();
    expectClose(dense.data, golden.numbers('attention_dense_rows_i'), 1e-5);
    const parameters = [x, layer.weight, layer.attentionTarget, layer.attentionSource];
    const gradients = gradientsOf(out, parameters, golden.numbers('upstream'));
    for (const [k, name] of ['X', 'W', 'v_s', 'v_r'].entries()) {
      expectClose(gradients[k]!, golden.numbers(`grad_${name}`), 1e-4);
    }
    const decoded = (f: 'elu' | 'linear') => (): tf.Tensor => {
      const encoded = layer.encode(graph, x2(x));
      return layer.decode(graph, encoded.attention, encoded.out, f);
    };
    expectClose(valuesOf(decoded('linear')), golden.numbers('tied_decoder_out_linear'), 1e-5);
    const squares = valuesOf(() => tf.squaredDifference(decoded('linear')(), x.variable));
    expectClose(
      [squares.reduce((sum, value) => sum + value, 0)],
      [golden.number('reconstruction_sum_of_squares')],
      1e-5,
    );
    expectGradients(decoded('elu'), parameters, { step: 1e-2, tolerance: 5e-3 });
  });

  test('layers leave nothing but their result', () => {
    const golden = goldenCase('gnn_layers', 'gcn_relu');
    const graph = symmetricNormalized(goldenGraph(golden), { selfLoops: true });
    const x = input(golden);
    const parameters = new ParameterSet();
    const gcn = new GcnConv(parameters, 'gcn', { nIn: 5, nOut: 3, rng });
    const tag = new TagConv(parameters, 'tag', { nIn: 5, nOut: 3, rng });
    const gat = new GatConv(parameters, 'gat', { nIn: 5, nOut: 3, rng });
    const stagate = new StagateAttention(parameters, 'stagate', { nIn: 5, nOut: 3, rng });
    const before = tf.memory().numTensors;
    const { out, attention } = stagate.encode(graph, x2(x));
    const results = [gcn.apply(graph, x2(x)), tag.apply(graph, x2(x)), gat.apply(graph, x2(x))];
    expect(tf.memory().numTensors).toBe(before + 5);
    tf.dispose([out, attention, ...results]);
  });
});

describe('golden normalizations', () => {
  test('of a graph with a node that has no neighbor', () => {
    const golden = goldenCase('knn_graph', 'normalisation_with_isolated_node');
    const adjacency = CsrMatrix.fromDense(DenseMatrix.fromRows(golden.rows('A')));
    for (const [key, options] of [
      ['sym_norm_with_self_loops', { selfLoops: true }],
      ['sym_norm_without_self_loops', {}],
    ] as const) {
      const { matrix } = symmetricNormalized(adjacency, options);
      expectClose(matrix.toDense().data, golden.numbers(key), 1e-6);
    }
  });

  test('of the union of nearest neighbors', () => {
    const golden = goldenCase('knn_graph', 'knn_euclidean');
    const neighbors = golden.rows('indices_without_self');
    const joined = neighbors.map((own, i) =>
      neighbors.map((others, j) => Number(own.includes(j) || others.includes(i))),
    );
    const adjacency = CsrMatrix.fromDense(DenseMatrix.fromRows(joined));
    expect(adjacency.nnz).toBe(2 * golden.number('union_symmetric_edges'));
    const symmetric = symmetricNormalized(adjacency, { selfLoops: true }).matrix;
    expectClose(symmetric.toDense().data, golden.numbers('sym_norm_with_self_loops'), 1e-6);
    const rows = rowNormalized(adjacency, { selfLoops: true }).matrix;
    expectClose(rows.toDense().data, golden.numbers('row_norm_with_self_loops'), 1e-6);
  });
});

test('initial values are those of PyG and DGL', () => {
  const options = { nIn: 300, nOut: 200, heads: 2, rng };
  const pyg = new GatConv(new ParameterSet(), 'pyg', options);
  const bound = Math.sqrt(6 / 700);
  expect(Math.max(...pyg.weight.values)).toBeLessThanOrEqual(bound);
  expect(Math.max(...pyg.weight.values)).toBeGreaterThan(0.99 * bound);
  const deviation = ({ values }: Parameter): number =>
    Math.sqrt(values.reduce((sum, value) => sum + value ** 2, 0) / values.length);
  const dgl = new GatConv(new ParameterSet(), 'dgl', { ...options, initializer: 'dgl' });
  expect(deviation(dgl.weight)).toBeCloseTo(Math.SQRT2 * Math.sqrt(2 / 700), 3);
  expectClose([deviation(dgl.attentionSource)], [Math.SQRT2 * Math.sqrt(2 / 600)], 0.01);
  const tag = new TagConv(new ParameterSet(), 'tag', { nIn: 300, nOut: 200, k: 1, rng });
  expect(deviation(tag.weight)).toBeCloseTo(Math.SQRT2 * Math.sqrt(2 / 800), 3);
  const stagate = new StagateAttention(new ParameterSet(), 's', { nIn: 300, nOut: 200, rng });
  expect(deviation(stagate.weight)).toBeCloseTo(1.414 * Math.sqrt(2 / 500), 3);
  expectClose([deviation(stagate.attentionTarget)], [1.414 / Math.sqrt(200)], 0.01);
});
