/**
 * What the comparisons of the models on a ZINB autoencoder with PyTorch share: the same prepared
 * data, initial weights, centers, batches and noise are handed to the peer, then the loss traces
 * and the clusters of both are compared.
 */
import { parseArgs } from 'node:util';
import { Rng, silentReporter } from '@dance-ts/core';
import { loadDataset } from '@dance-ts/datasets';
import { adjustedRandIndex } from '@dance-ts/metrics';
import { currentBackend, normalNoise, shuffledBatches } from '@dance-ts/nn';
import {
  clusteringPeer,
  networkWeights,
  peerArrays,
} from '../../dist/clustering-bench/peer-run.js';
import { processorSeconds, reportEpochs } from '../epoch-time.mjs';

export const PYTHON = process.env.DANCE_BENCH_PYTHON ?? 'python3';

/** Flags every comparison has, and defaults of its own. */
export function peerFlags(defaults = {}) {
  const text = (value) => ({ type: 'string', default: String(value) });
  const { values } = parseArgs({
    options: {
      dataset: text('mouse_es_klein_1000x900'),
      clusters: text(4),
      seed: text(0),
      sigma: text(1),
      pretrain: text(5),
      epochs: text(5),
      lr: text(defaults.lr ?? 0.1),
      dtype: text('float32'),
      device: text('wasm'),
      ...Object.fromEntries(Object.entries(defaults.more ?? {}).map(([k, v]) => [k, text(v)])),
    },
  });
  const number = (name) => Number(values[name]);
  return {
    ...values,
    ...{ nClusters: number('clusters'), seed: number('seed'), sigma: number('sigma') },
    ...{ pretrainEpochs: number('pretrain'), epochs: number('epochs'), lr: number('lr') },
  };
}

/**
 * Trains `Model` and its peer and prints both.
 *
 * @param preprocess - parameters of preprocessing
 * @param linksOf - pairs of cells { mustLink, cannotLink } of prepared data in the order of their
 *   use, given the random stream of the fit; none for most models
 */
export async function compareWithPeer(Model, flags, { preprocess = {}, linksOf } = {}) {
  const run = { reporter: silentReporter };
  const { nClusters, seed, sigma, pretrainEpochs, epochs, lr } = flags;
  const data = await loadDataset(flags.dataset);
  const model = new Model({ nClusters, seed, sigma, device: flags.device });
  await model.preprocess(data, { ...preprocess, ...run });
  const prepared = model.prepared(data);
  const root = Rng.fromSeed(seed).fork(Model.spec.id).fork('fit');
  const { mustLink = [], cannotLink = [] } = linksOf?.(prepared, root) ?? {};
  const options = { lr, tol: 0, ...run };
  const weightsAfter = async (pretraining) => {
    await model.fit(data, { ...options, epochs: 0, pretrainEpochs: pretraining });
    return networkWeights(model);
  };
  const initial = await weightsAfter(0);
  const centers = (await weightsAfter(pretrainEpochs)).get('centers');
  const fitFor = (n) => model.fit(data, { ...options, epochs: n, pretrainEpochs });
  const untilClusters = await processorSeconds(() => fitFor(0));
  const inAll = await processorSeconds(() => fitFor(epochs));
  const { batchSize, pretrainBatchSize } = model.fitParams;
  const truth = prepared.labels('cell_type').codes;

  const arrays = {
    ...peerArrays(Model.spec.id, prepared),
    ...replay(root, {
      ...{ nCells: prepared.nObs, nGenes: prepared.nVars, sigma, pretrainEpochs, epochs },
      ...{ pretrainBatchSize, batchSize, nMustLink: mustLink.length },
    }),
    centers,
    mustLink: Int32Array.from(mustLink.flat()),
    cannotLink: Int32Array.from(cannotLink.flat()),
  };
  const given = { ...model.params, ...model.fitParams, dtype: flags.dtype };
  const peer = await clusteringPeer(PYTHON, Model.spec.id, arrays, initial, given);
  report(Model, flags, model.history, peer);
  const ari = (labels) => adjustedRandIndex(truth, labels).toFixed(4);
  const labels = (await model.predict(data)).filter((label) => label >= 0);
  console.log(`ARI to the labels: dance-ts ${ari(labels)}, PyTorch ${ari(peer.labels)}`);
  console.log(`ARI between the two: ${adjustedRandIndex(labels, peer.labels).toFixed(4)}`);
  reportEpochs((inAll - untilClusters) / epochs, peer, epochs, currentBackend().id);
}

/** Batches of pre-training and all noise, drawn again from their named streams. */
function replay(root, { nCells, nGenes, sigma, pretrainEpochs, epochs, ...sizes }) {
  const orders = [];
  const noise = [];
  const draw = (rng, nRows) => {
    if (sigma === 0) return;
    const drawn = normalNoise([nRows, nGenes], sigma, rng.fork('input'));
    noise.push(drawn.dataSync());
    drawn.dispose();
  };
  for (let epoch = 0; epoch < pretrainEpochs; epoch++) {
    const rng = root.fork('pretraining').fork(`epoch-${epoch}`);
    const batches = shuffledBatches(nCells, sizes.pretrainBatchSize, rng.fork('order'));
    batches.forEach((batch, b) => {
      orders.push(batch);
      draw(rng.fork(`batch-${b}`), batch.length);
    });
  }
  for (let epoch = 0; epoch < epochs; epoch++) {
    const rng = root.fork('clustering').fork(`epoch-${epoch}`);
    for (let start = 0, b = 0; start < nCells; start += sizes.batchSize, b++) {
      draw(rng.fork(`batch-${b}`), Math.min(sizes.batchSize, nCells - start));
    }
    for (let start = 0, b = 0; start < sizes.nMustLink; start += sizes.batchSize, b++) {
      const nPairs = Math.min(sizes.batchSize, sizes.nMustLink - start);
      const pairs = rng.fork('must-link').fork(`batch-${b}`);
      draw(pairs.fork('first'), nPairs);
      draw(pairs.fork('second'), nPairs);
    }
  }
  return { order: concat(Int32Array, orders), noise: concat(Float32Array, noise) };
}

function concat(Type, parts) {
  const all = new Type(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Prints both traces, term by term, and their largest difference. */
export function report(Model, flags, history, peer) {
  const { dataset, seed, sigma, dtype } = flags;
  const noise = sigma === undefined ? '' : `, sigma ${sigma}`;
  console.log(`${Model.spec.name}, ${dataset}, seed ${seed}${noise}, peer in ${dtype}`);
  console.log('term          epoch        dance-ts         PyTorch  relative difference');
  let worst = 0;
  for (const [term, theirs] of Object.entries(peer.history)) {
    theirs.forEach((value, epoch) => {
      const mine = history[term][epoch];
      const difference = Math.abs(mine - value) / Math.max(Math.abs(value), 1e-12);
      worst = Math.max(worst, difference);
      const numbers = [mine, value].map((number) => number.toFixed(8).padStart(16)).join('');
      const place = `${term.padEnd(14)}${String(epoch).padStart(5)}`;
      console.log(`${place}${numbers}  ${difference.toExponential(2)}`);
    });
  }
  console.log(`largest relative difference ${worst.toExponential(2)}`);
}
