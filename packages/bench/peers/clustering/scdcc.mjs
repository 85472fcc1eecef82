/**
 * Compares ScDCC with an independent PyTorch implementation (scdcc.py) on the same data, initial
 * weights, centers, batches, pairs and noise: loss traces of both phases, and clusters.
 *
 * usage: node packages/bench/peers/clustering/scdcc.mjs [--dataset mouse_es_klein_1000x900]
 *        [--pairs 600] [--clusters 4] [--pretrain 5] [--epochs 5] [--sigma 1] [--lr 0.1] [--seed 0]
 *        [--dtype float32|float64] [--device wasm]
 *
 * Needs a Python with torch and numpy: DANCE_BENCH_PYTHON, else python3.
 */
import { ScDCC } from '@dance-ts/clustering';
import { readPairwiseConstraints } from '@dance-ts/transforms';
import { compareWithPeer, peerFlags } from './zinb-run.mjs';

const flags = peerFlags({ more: { pairs: 600 } });

await compareWithPeer(ScDCC, flags, {
  preprocess: { nPairwise: Number(flags.pairs), pairLabels: 'cell_type' },
  linksOf: (prepared, root) => {
    const { mustLink, cannotLink } = readPairwiseConstraints(prepared);
    const rng = root.fork('pairs');
    return {
      mustLink: rng.fork('must-link').shuffle([...mustLink]),
      cannotLink: rng.fork('cannot-link').shuffle([...cannotLink]),
    };
  },
});
