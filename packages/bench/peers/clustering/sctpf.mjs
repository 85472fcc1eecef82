/**
 * Compares ScTPF with an independent PyTorch implementation (sctpf.py) on the same data, graph,
 * initial weights and first centers: loss traces of both phases, shares of reliable cells, and
 * clusters.
 *
 * usage: node packages/bench/peers/clustering/sctpf.mjs [--dataset mouse_es_klein_1000x900]
 *        [--clusters 4] [--pretrain 10] [--epochs 10] [--lr 1e-3] [--interval 2] [--epsilon 0.3]
 *        [--seed 0] [--dtype float32|float64] [--device wasm]
 *
 * Needs a Python with torch, numpy, scipy and scikit-learn: DANCE_BENCH_PYTHON, else python3.
 */
import { ScTPF } from '@dance-ts/clustering';
import { compareWithPeer, peerFlags } from './full-batch-run.mjs';

const flags = peerFlags({ interval: 2, epsilon: 0.3 });
const shared = {
  ...{ lr: Number(flags.lr), updateInterval: Number(flags.interval), beta1: 0.95 },
  ...{ wA: 0.3, wX: 1, wC: 1.5, epsilon: Number(flags.epsilon), kCc: 2, zeta: 0.5, kOutlier: 60 },
};

await compareWithPeer(ScTPF, flags, {
  params: {},
  fit: { ...shared, pretrainLr: shared.lr, stopFraction: 1 },
  terms: ['pretrainLoss', 'loss', 'adjacency', 'zinb', 'pseudo', 'reliable'],
});
