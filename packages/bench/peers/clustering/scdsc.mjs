/**
 * Compares ScDSC with an independent PyTorch implementation (scdsc.py) on the same data, graph,
 * initial weights and first centers, with pre-training on all cells at once: loss traces of both
 * phases, and clusters.
 *
 * usage: node packages/bench/peers/clustering/scdsc.mjs [--dataset mouse_es_klein_1000x900]
 *        [--clusters 4] [--pretrain 10] [--epochs 10] [--lr 1e-3] [--interval 2] [--seed 0]
 *        [--dtype float32|float64] [--device wasm]
 *
 * Needs a Python with torch and numpy: DANCE_BENCH_PYTHON, else python3.
 */
import { ScDSC } from '@dance-ts/clustering';
import { compareWithPeer, peerFlags } from './full-batch-run.mjs';

const flags = peerFlags({ interval: 2 });
const [lr, updateInterval] = [Number(flags.lr), Number(flags.interval)];
const weights = { bcl: 1, cl: 0.5, rl: 0.7, zl: 0.3 };
const params = { sigma: 0.4, v: 3 };
const wholeBatch = 1_000_000;

await compareWithPeer(ScDSC, flags, {
  params,
  preprocess: { nTopGenes: 500, nNeighbors: 10 },
  fit: { lr, pretrainLr: lr, pretrainBatchSize: wholeBatch, updateInterval, ...weights },
  terms: ['pretrainLoss', 'loss', 'bce', 'kl', 'mse', 'zinb'],
});
