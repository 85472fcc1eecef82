/**
 * What the comparisons with PyTorch share of the models that take all cells in a step: the same
 * prepared data, graph, initial weights and first centers are handed to the peer, then the loss
 * traces and the clusters of both are compared. Nothing in these runs is random.
 */
import { parseArgs } from 'node:util';
import { silentReporter } from '@dance-ts/core';
import { loadDataset } from '@dance-ts/datasets';
import { adjustedRandIndex } from '@dance-ts/metrics';
import { currentBackend } from '@dance-ts/nn';
import {
  clusteringPeer,
  networkWeights,
  peerArrays,
} from '../../dist/clustering-bench/peer-run.js';
import { processorSeconds, reportEpochs } from '../epoch-time.mjs';
import { PYTHON } from './zinb-run.mjs';

/** Flags every comparison has, and those of one, with their defaults. */
export function peerFlags(more = {}) {
  const defaults = {
    dataset: 'mouse_es_klein_1000x900',
    clusters: 4,
    seed: 0,
    pretrain: 10,
    epochs: 10,
    lr: 1e-3,
    dtype: 'float32',
    device: 'wasm',
    ...more,
  };
  const options = Object.fromEntries(
    Object.entries(defaults).map(([name, value]) => [
      name,
      { type: 'string', default: String(value) },
    ]),
  );
  return parseArgs({ options }).values;
}

/**
 * Trains `Model` and its peer and prints both.
 *
 * @param settings - constructor (`params`), fit (`fit`) and preprocessing parameters (`preprocess`) of
 *   ours, and the names of the terms of the history to compare (`terms`)
 */
export async function compareWithPeer(Model, flags, { params, fit, terms, preprocess = {} }) {
  const run = { reporter: silentReporter };
  const [pretrainEpochs, epochs] = [Number(flags.pretrain), Number(flags.epochs)];
  const data = await loadDataset(flags.dataset);
  const nClusters = Number(flags.clusters);
  const { device } = flags;
  const model = new Model({ nClusters, seed: Number(flags.seed), device, ...params });
  await model.preprocess(data, { ...preprocess, ...run });
  const prepared = model.prepared(data);
  const weightsAfter = async (pretraining) => {
    await model.fit(data, { ...fit, epochs: 0, pretrainEpochs: pretraining, ...run });
    return networkWeights(model);
  };
  const initial = await weightsAfter(0);
  const centers = (await weightsAfter(pretrainEpochs)).get('centers');
  const fitFor = (n) => model.fit(data, { ...fit, epochs: n, pretrainEpochs, ...run });
  const untilClusters = await processorSeconds(() => fitFor(0));
  const inAll = await processorSeconds(() => fitFor(epochs));

  const { id } = Model.spec;
  const given = { ...model.params, ...model.fitParams, dtype: flags.dtype };
  const arrays = { ...peerArrays(id, prepared), centers };
  const peer = await clusteringPeer(PYTHON, id, arrays, initial, given);
  const truth = prepared.labels('cell_type').codes;
  const labels = await model.predict(prepared);
  console.log(`${flags.dataset}, ${prepared.nObs} x ${prepared.nVars}, peer in ${flags.dtype}`);
  for (const term of terms) report(term, model.history[term] ?? [], peer.history[term] ?? []);
  const same = labels.reduce((sum, label, i) => sum + (label === peer.labels[i] ? 1 : 0), 0);
  console.log(`ARI of dance-ts ${adjustedRandIndex(truth, labels).toFixed(4)}`);
  console.log(`ARI of PyTorch  ${adjustedRandIndex(truth, peer.labels).toFixed(4)}`);
  console.log(`cells in the same cluster: ${same} of ${labels.length}`);
  reportEpochs((inAll - untilClusters) / epochs, peer, epochs, currentBackend().id);
  model.dispose();
}

function report(term, mine, theirs) {
  console.log(`\n${term.padEnd(14)}dance-ts         PyTorch  relative difference`);
  let worst = mine.length === theirs.length ? 0 : NaN;
  mine.forEach((value, epoch) => {
    const other = theirs[epoch] ?? NaN;
    const difference = value === other ? 0 : Math.abs(value - other) / Math.abs(other);
    worst = Math.max(worst, difference);
    const [a, b] = [value.toFixed(8), other.toFixed(8)].map((text) => text.padStart(16));
    console.log(`${String(epoch).padStart(6)}${a}${b}  ${difference.toExponential(2)}`);
  });
  console.log(`largest relative difference ${worst.toExponential(2)}\n`);
}
