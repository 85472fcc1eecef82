/** Cases of single kernels; inputs come from inputs.mjs, with the seeds that kernels.py uses. */
import { OWN_KERNELS } from './own-kernels.mjs';

const GEMM_SIZES = { m: 4096, k: 3000, n: 256 };
/** Inputs and outputs of the layers of an autoencoder: 2.1 million parameters. */
const AUTOENCODER = [
  [2000, 256],
  [256, 64],
  [64, 32],
  [32, 64],
  [64, 256],
  [256, 2000],
  [256, 2000],
  [256, 2000],
];
const GRAPH_SIZES = { nodes: 50_000, edges: 560_000, communities: 20 };

/** @type {import('./harness.mjs').BenchCase[]} */
const CASES = [
  { name: 'gemm A B', aim: 0.25, blasAim: 0.95, sizes: GEMM_SIZES, peerCase: 'gemm_nn' },
  { name: 'gemm Aᵀ C', aim: 0.25, blasAim: 0.95, sizes: GEMM_SIZES, peerCase: 'gemm_tn' },
  { name: 'gemm C Bᵀ', aim: 0.25, blasAim: 0.95, sizes: GEMM_SIZES, peerCase: 'gemm_nt' },
  { name: 'spmm', aim: 1, sizes: { nodes: 4000, perRow: 15, width: 128 }, peerCase: 'spmm' },
  { name: 'zinb', aim: 4, sizes: { rows: 256, columns: 2000, density: 0.15 }, peerCase: 'zinb' },
  { name: 'knn', aim: 1.4, sizes: { nodes: 4000, width: 50, k: 15 }, peerCase: 'knn' },
  {
    name: 'adam',
    aim: 3,
    sizes: { shapes: AUTOENCODER.flatMap(([nIn, nOut]) => [[nIn, nOut], [nOut]]) },
    peerCase: 'adam',
  },
  // Both search for a good partition: the modularity agrees, the partition does not.
  {
    name: 'louvain',
    aim: null,
    sizes: GRAPH_SIZES,
    peerCase: 'louvain',
    repeats: 1,
    tolerance: 0.1,
  },
  { name: 'leiden', aim: null, sizes: GRAPH_SIZES, peerCase: 'leiden', repeats: 1, tolerance: 0.1 },
];

/** With our side of each. */
export const KERNEL_CASES = CASES.map((benchCase) => ({
  ...benchCase,
  prepare: OWN_KERNELS[benchCase.peerCase],
}));
