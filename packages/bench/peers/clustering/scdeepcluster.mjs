/**
 * Compares ScDeepCluster with an independent PyTorch implementation (scdeepcluster.py) on the same
 * data, initial weights, centers, batches and noise: loss traces of both phases, and clusters.
 *
 * usage: node packages/bench/peers/clustering/scdeepcluster.mjs [--dataset mouse_es_klein_1000x900]
 *        [--clusters 4] [--pretrain 5] [--epochs 5] [--sigma 1] [--lr 0.1] [--seed 0]
 *        [--dtype float32|float64] [--device wasm]
 *
 * Needs a Python with torch and numpy: DANCE_BENCH_PYTHON, else python3.
 */
import { ScDeepCluster } from '@dance-ts/clustering';
import { compareWithPeer, peerFlags } from './zinb-run.mjs';

await compareWithPeer(ScDeepCluster, peerFlags());
