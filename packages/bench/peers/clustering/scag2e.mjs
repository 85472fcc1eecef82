/**
 * Compares SCAG2E with an independent PyTorch implementation (scag2e.py) on the same data, graphs,
 * initial weights and first centers, without dropout and with pre-training on all cells and genes
 * at once: traces of every term of the loss, and clusters.
 *
 * usage: node packages/bench/peers/clustering/scag2e.mjs [--dataset mouse_es_klein_1000x900]
 *        [--clusters 4] [--pretrain 10] [--epochs 10] [--lr 1e-3] [--interval 2] [--seed 0]
 *        [--dtype float32|float64] [--device wasm]
 *
 * Needs a Python with torch and numpy: DANCE_BENCH_PYTHON, else python3.
 */
import { SCAG2E } from '@dance-ts/clustering';
import { compareWithPeer, peerFlags } from './full-batch-run.mjs';

const flags = peerFlags({ interval: 2 });
const [lr, updateInterval] = [Number(flags.lr), Number(flags.interval)];
const weights = {
  ...{ alpha: 10, recGamma: 0.01, cluGamma: 1, cellGamma: 1, geneGamma: 0.1, zinbGamma: 0.5 },
  ...{ cellGraph: 1e-3, cellSparse: 1e-3, graphGamma: 1e-2, graphSparse: 1e-2 },
};
const wholeBatch = 1_000_000;

await compareWithPeer(SCAG2E, flags, {
  params: { dropout: 0, ...weights },
  preprocess: { nTopGenes: 500 },
  fit: {
    ...{ lr, updateInterval, tol: 0, pretrainLrCell: lr, pretrainLrGene: lr },
    ...{ pretrainBatchCell: wholeBatch, pretrainBatchGene: wholeBatch },
    ...{ tolPretrainCell: 0, tolPretrainGene: 0 },
  },
  terms: [
    ...['pretrainCellLoss', 'pretrainGeneLoss', 'loss', 'rec', 'kl', 'cell', 'cellGraph'],
    ...['cellSparse', 'gene', 'geneGraph', 'geneSparse', 'zinb'],
  ],
});
