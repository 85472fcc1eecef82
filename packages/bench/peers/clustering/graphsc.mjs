/**
 * Compares the loss trace of GraphSC with an independent PyTorch implementation (graphsc.py) on
 * the same graph, initial weights, batches and dropout masks.
 *
 * usage: node packages/bench/peers/clustering/graphsc.mjs [--dataset worm_neuron] [--epochs 5] [--seed 0]
 *        [--lr 1e-5] [--dtype float32|float64]
 *
 * Needs a Python with torch and numpy: DANCE_BENCH_PYTHON, else python3.
 */
import { parseArgs } from 'node:util';
import { GraphSC } from '@dance-ts/clustering';
import { Rng } from '@dance-ts/core';
import { loadDataset } from '@dance-ts/datasets';
import { fillDropoutMask, shuffledBatches } from '@dance-ts/nn';
import { readCellFeatureGraph } from '@dance-ts/transforms';
import {
  clusteringPeer,
  networkWeights,
  peerArrays,
} from '../../dist/clustering-bench/peer-run.js';
import { PYTHON, report } from './zinb-run.mjs';

const DECODER_DROPOUT = 0.1;
const BATCH_SIZE = 128;
const DROPOUT = 0.1;

const { values: flags } = parseArgs({
  options: {
    dataset: { type: 'string', default: 'worm_neuron' },
    epochs: { type: 'string', default: '5' },
    seed: { type: 'string', default: '0' },
    lr: { type: 'string', default: '1e-5' },
    dtype: { type: 'string', default: 'float32' },
  },
});
const epochs = Number(flags.epochs);
const seed = Number(flags.seed);
const lr = Number(flags.lr);

const data = await loadDataset(flags.dataset);
const model = new GraphSC({ seed, dropout: DROPOUT });
await model.preprocess(data);
const graph = readCellFeatureGraph(model.prepared(data));
await model.fit(data, { epochs: 0, lr, batchSize: BATCH_SIZE });
const initial = await networkWeights(model);
await model.fit(data, { epochs, lr, batchSize: BATCH_SIZE });
const arrays = { ...peerArrays('graphsc', model.prepared(data)), ...replay() };
const given = { ...model.params, ...model.fitParams, dtype: flags.dtype };
const peer = await clusteringPeer(PYTHON, 'graphsc', arrays, initial, given);
report(GraphSC, flags, model.history, peer);

/** Batches and dropout masks, drawn again from their named streams. */
function replay() {
  const { toCell, geneFeatures, cellFeatures } = graph;
  const stream = Rng.fromSeed(seed).fork('graphsc').fork('fit');
  const batches = [];
  const masks = [];
  const keep = (size, rate, rng) => {
    const mask = fillDropoutMask(new Float32Array(size), rate, rng);
    masks.push(Uint8Array.from(mask, (value) => (value > 0 ? 1 : 0)));
  };
  for (let epoch = 0; epoch < epochs; epoch++) {
    const rng = stream.fork(`epoch-${epoch}`);
    shuffledBatches(toCell.nRows, BATCH_SIZE, rng.fork('order')).forEach((batch, b) => {
      const own = rng.fork(`batch-${b}`);
      batches.push(batch);
      keep(geneFeatures.data.length, DROPOUT, own.fork('genes'));
      keep(batch.length * cellFeatures.nCols, DROPOUT, own.fork('cells'));
      keep(batch.length * model.params.hidden1, DECODER_DROPOUT, own.fork('decoder'));
    });
  }
  return {
    batches: Int32Array.from(batches.flatMap((batch) => [...batch])),
    masks: Uint8Array.from(Buffer.concat(masks)),
  };
}
