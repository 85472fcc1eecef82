/** Our side of the layer and step cases, on the device that DANCE_DEVICE names (default wasm). */
import { CsrMatrix, Rng } from '@dance-ts/core';
import * as nn from '@dance-ts/nn';
import * as tf from '@tensorflow/tfjs';
import { centered, counts, symmetricGraph } from './inputs.mjs';

/** Makes the device current; `DANCE_DEVICE` is read by selectBackend itself. */
export function selectDevice(threads) {
  return nn.selectBackend(process.env['DANCE_DEVICE'] ? 'auto' : 'wasm', { threads });
}

function layersOf(parameters, sizes) {
  return sizes.map(([nIn, nOut], i) => {
    const weight = centered(300 + i, nIn * nOut, nIn ** -0.5);
    const rng = Rng.fromSeed(0);
    const layer = new nn.Linear(parameters, `layer${i}`, nIn, nOut, rng, { weight });
    layer.bias.set(new Float32Array(nOut));
    return layer;
  });
}

async function trainingSide(parameters, tensors, loss) {
  const optimizer = new nn.Adam(parameters.trainable(), { learningRate: 1e-3 });
  const check = tf.tidy(() => loss().dataSync()[0]);
  return {
    run: () => optimizer.minimize(loss),
    check,
    dispose: () => {
      optimizer.dispose();
      parameters.dispose();
      tf.dispose(tensors);
    },
  };
}

async function zinbAutoencoderStep({ sizes, threads }) {
  await selectDevice(threads);
  const { batch, genes, hidden, latent, density } = sizes;
  const values = counts(1, batch * genes, density);
  const x = tf.tensor2d(values, [batch, genes]);
  const logged = tf.tensor2d(values.map(Math.log1p), [batch, genes]);
  const widths = [genes, ...hidden, latent, ...hidden.toReversed()];
  const body = widths.slice(1).map((width, i) => [widths[i], width]);
  const head = [hidden[0], genes];
  const parameters = new nn.ParameterSet();
  const layers = layersOf(parameters, [...body, head, head, head]);
  const loss = () => {
    let h = logged;
    for (const i of body.keys()) h = layers[i].apply(h, i !== hidden.length);
    const [mean, dispersion, dropout] = layers.slice(body.length).map((layer) => layer.apply(h));
    return nn.meanCountNll({ counts: x, mean, dispersion, dropout }, { activate: true });
  };
  return trainingSide(parameters, [x, logged], loss);
}

async function smallStep({ sizes, threads }) {
  await selectDevice(threads);
  const { batch, widths } = sizes;
  const x = tf.tensor2d(centered(1, batch * widths[0]), [batch, widths[0]]);
  const parameters = new nn.ParameterSet();
  const layers = layersOf(
    parameters,
    widths.slice(1).map((width, i) => [widths[i], width]),
  );
  const loss = () => {
    let h = x;
    for (const [i, layer] of layers.entries()) h = layer.apply(h, i < layers.length - 1);
    return nn.meanSquaredError(h, x);
  };
  return trainingSide(parameters, [x], loss);
}

/** Runs `loss` forward and backward for all leaves. */
function gradientSide(leaves, loss) {
  const run = () => {
    const { value, grads } = tf.variableGrads(loss, leaves);
    const result = value.dataSync()[0];
    tf.dispose([value, grads]);
    return result;
  };
  return { run, check: run(), dispose: () => tf.dispose(leaves) };
}

function variable(values, shape) {
  return tf.tidy(() => tf.variable(tf.tensor(values, shape)));
}

function graphOf({ nodes, draws }) {
  const { indptr, indices, data } = symmetricGraph(1, nodes, draws);
  return { normalized: new CsrMatrix(nodes, nodes, indptr, indices, data), indptr, indices };
}

async function gcn({ sizes, threads }) {
  await selectDevice(threads);
  const { nodes, nIn, nOut } = sizes;
  const adjacency = new nn.SparseOperand(graphOf(sizes).normalized);
  const x = variable(centered(11, nodes * nIn), [nodes, nIn]);
  const weight = variable(centered(12, nIn * nOut, nIn ** -0.5), [nIn, nOut]);
  return gradientSide([x, weight], () =>
    tf.sum(tf.square(tf.relu(nn.spmm(adjacency, tf.matMul(x, weight))))),
  );
}

async function gat({ sizes, threads }) {
  await selectDevice(threads);
  const { nodes, nIn, heads, width, slope } = sizes;
  const graph = new nn.SparseOperand(graphOf(sizes).normalized);
  const x = variable(centered(11, nodes * nIn), [nodes, nIn]);
  const weight = variable(centered(12, nIn * heads * width, nIn ** -0.5), [nIn, heads * width]);
  const attention = [13, 14].map((seed) =>
    variable(centered(seed, heads * width, 0.1), [1, heads, width]),
  );
  return gradientSide([x, weight, ...attention], () => {
    const z = tf.matMul(x, weight);
    const byHead = tf.reshape(z, [nodes, heads, width]);
    const [source, target] = attention.map((a) => tf.sum(tf.mul(byHead, a), 2));
    const { out } = nn.gatAggregate(graph, { z, source, target }, { negativeSlope: slope });
    return tf.sum(tf.square(tf.relu(out)));
  });
}

async function innerProduct({ sizes, threads }) {
  await selectDevice(threads);
  const { nodes, latent } = sizes;
  const { indptr, indices } = graphOf(sizes);
  const ones = new Float32Array(indices.length).fill(1);
  const links = new nn.SparseOperand(new CsrMatrix(nodes, nodes, indptr, indices, ones));
  const z = variable(centered(15, nodes * latent), [nodes, latent]);
  return gradientSide([z], () => nn.graphReconstructionLoss(z, links));
}

/** By the peer's name of the case. */
export const OWN_STEPS = {
  zinb_ae_step: zinbAutoencoderStep,
  small_step: smallStep,
  gcn,
  gat,
  inner_product_bce: innerProduct,
};
