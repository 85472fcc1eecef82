/**
 * Compares ScTAG with an independent PyTorch implementation (sctag.py) on the same data, graph,
 * initial weights and first centers, without dropout: loss traces of both phases, and clusters.
 *
 * usage: node packages/bench/peers/clustering/sctag.mjs [--dataset mouse_es_klein_1000x900]
 *        [--clusters 4] [--pretrain 10] [--epochs 10] [--lr 1e-3] [--interval 2] [--seed 0]
 *        [--dtype float32|float64] [--device wasm]
 *
 * Needs a Python with torch and numpy: DANCE_BENCH_PYTHON, else python3.
 */
import { ScTAG } from '@dance-ts/clustering';
import { compareWithPeer, peerFlags } from './full-batch-run.mjs';

const flags = peerFlags({ interval: 2 });
const [lr, updateInterval] = [Number(flags.lr), Number(flags.interval)];
const weights = { wA: 0.3, wX: 1, wC: 1.5 };

await compareWithPeer(ScTAG, flags, {
  params: { dropout: 0 },
  fit: { lr, updateInterval, ...weights },
  terms: ['pretrainLoss', 'loss', 'adjacency', 'zinb', 'kl'],
});
