/**
 * Compares ScGPCL with an independent PyTorch implementation (scgpcl.py) on the same data, initial
 * weights, batches, sampled nodes and masks: loss traces of both phases, and clusters. Clusters begin
 * at the same centers; the prototypes come from the k-means of either side.
 *
 * usage: node packages/bench/peers/clustering/scgpcl.mjs [--dataset mouse_es_klein_1000x900]
 *        [--clusters 4] [--pretrain 6] [--warmup 3] [--epochs 4] [--pretrain-lr 1e-3] [--lr 1]
 *        [--batch 256] [--seed 0] [--dtype float32|float64] [--device wasm]
 *
 * Needs a Python with torch, numpy and scikit-learn: DANCE_BENCH_PYTHON, else python3.
 */
import { parseArgs } from 'node:util';
import { ScGPCL } from '@dance-ts/clustering';
import { MemoryStore, Rng, silentReporter } from '@dance-ts/core';
import { loadDataset } from '@dance-ts/datasets';
import { adjustedRandIndex } from '@dance-ts/metrics';
import { BipartiteSampler, shuffledBatches } from '@dance-ts/nn';
import {
  clusteringPeer,
  networkWeights,
  peerArrays,
} from '../../dist/clustering-bench/peer-run.js';
import { PYTHON, report } from './zinb-run.mjs';

const NUM_SAMPLES = [400, 200];
const LAYERS = [64, 16];
const GENE_DIM = 16;

const { values: flags } = parseArgs({
  options: {
    dataset: { type: 'string', default: 'mouse_es_klein_1000x900' },
    clusters: { type: 'string', default: '4' },
    pretrain: { type: 'string', default: '6' },
    warmup: { type: 'string', default: '3' },
    epochs: { type: 'string', default: '4' },
    'pretrain-lr': { type: 'string', default: '1e-3' },
    lr: { type: 'string', default: '1' },
    batch: { type: 'string', default: '256' },
    seed: { type: 'string', default: '0' },
    dtype: { type: 'string', default: 'float32' },
  },
});
const nClusters = Number(flags.clusters);
const seed = Number(flags.seed);
const run = { reporter: silentReporter };
const fit = {
  ...{ pretrainEpochs: Number(flags.pretrain), warmup: Number(flags.warmup), r: 1, tol: 0 },
  ...{ epochs: Number(flags.epochs), batchSize: Number(flags.batch), lr: Number(flags.lr) },
  pretrainLr: Number(flags['pretrain-lr']),
};

const data = await loadDataset(flags.dataset);
const model = new ScGPCL({
  ...{ nClusters, seed, device: 'wasm' },
  ...{ layers: LAYERS, geneDim: GENE_DIM, numSamples: NUM_SAMPLES },
});
model.keepPretraining(new MemoryStore());
await model.preprocess(data, { hvg: 1, ...run });
const prepared = model.prepared(data);
const initial = await weightsAfter({ pretrainEpochs: 0, epochs: 0 });
const pretrained = await weightsAfter({ epochs: 0 });
await model.fit(data, { ...fit, ...run, forcePretrain: false });

const counts = prepared.layers.get('counts');
const arrays = {
  ...peerArrays('scgpcl', prepared),
  ...replay(counts, prepared.nObs, prepared.nVars),
  centers: pretrained.get('centers'),
};
const given = { ...model.params, ...model.fitParams, dtype: flags.dtype };
const peer = await clusteringPeer(PYTHON, 'scgpcl', arrays, initial, given);
report(ScGPCL, flags, model.history, peer);
const truth = prepared.labels('cell_type').codes;
const labels = (await model.predict(data)).filter((label) => label >= 0);
const ari = (found) => adjustedRandIndex(truth, found).toFixed(4);
console.log(`ARI to the labels: dance-ts ${ari(labels)}, PyTorch ${ari(peer.labels)}`);
console.log(`ARI between the two: ${adjustedRandIndex(labels, peer.labels).toFixed(4)}`);

async function weightsAfter(epochs) {
  await model.fit(data, { ...fit, ...epochs, ...run });
  return networkWeights(model);
}

/** Batches, sampled nodes and masks, drawn again from their named streams. */
function replay(counts, nCells, nGenes) {
  const sampler = new BipartiteSampler(counts, NUM_SAMPLES);
  const root = Rng.fromSeed(seed).fork('scgpcl').fork('fit');
  const nodes = [];
  const masks = [];
  const orders = [];
  const mask = (size, p, rng) => {
    masks.push(Uint8Array.from({ length: size }, () => (rng.uniform() < p ? 0 : 1)));
  };
  const phase = (name, nEpochs, views) => {
    for (let epoch = 0; epoch < nEpochs; epoch++) {
      const rng = root.fork(name).fork(`epoch-${epoch}`);
      shuffledBatches(nCells, fit.batchSize, rng.fork('order')).forEach((batch, b) => {
        orders.push(...batch);
        for (const [view, p] of views) {
          const own = rng.fork(`batch-${b}`).fork(view);
          const { cells, genes } = sampler.sample(batch, own.fork('nodes'));
          nodes.push(cells.length, ...cells, genes.length, ...genes);
          mask(nGenes, p, own.fork('cell-mask'));
          mask(GENE_DIM, p, own.fork('gene-mask'));
        }
      });
    }
  };
  const { maskP1, maskP2 } = model.params;
  const first = ['view-1', maskP1];
  phase('pre-training', fit.pretrainEpochs, [first, ['view-2', maskP2]]);
  phase('clustering', fit.epochs, [first]);
  const bytes = masks.flatMap((part) => [...part]);
  return {
    ...{ nodes: Int32Array.from(nodes), order: Int32Array.from(orders) },
    masks: Uint8Array.from(bytes),
  };
}
