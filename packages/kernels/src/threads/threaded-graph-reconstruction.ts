import type { GraphReconstructionExports } from '../wasm/graph-reconstruction-kernels.js';
import type { ModuleExports } from '../wasm/module-exports.js';
import type { Job, ThreadPool } from './thread-pool.js';

const FLOAT_BYTES = 4;

type Kernel = GraphReconstructionExports['graphReconstruction'];

/**
 * The decoder of graphs over a pool, with the result of one thread. A pair of blocks adds to the
 * gradients of both. Pairs (i, j) with the same i + j have no block in common, so they are worked
 * out at the same time, and in the order of i + j every block gets what its pairs add in the order
 * of the other block, as with one thread.
 */
export function threadedGraphReconstruction(module: ModuleExports, pool: ThreadPool): Kernel {
  const size = module.graphReconstructionBlockSize();
  return (...args) => {
    const [n, dim, z, indptr, indices, targets, positiveWeight, scale, gradient, workspace] = args;
    const blocks = Math.ceil(n / size);
    if (blocks < 3) return module.graphReconstruction(...args);
    const job = (i: number, j: number): Job => {
      const address = (base: number, block: number): number =>
        base + block * size * dim * FLOAT_BYTES;
      const count = (block: number): number => Math.min(size, n - block * size);
      const dj = i === j ? 0 : address(gradient, j);
      return {
        name: 'graphReconstructionBlock',
        args: [
          ...[count(i), count(j), dim, address(z, i), address(z, j), scale],
          ...[address(gradient, i), dj, 0],
        ],
        workspaceAt: 8,
      };
    };
    // The product over a depth of 0 is 0.
    module.gemm(n, dim, 0, z, false, z, false, gradient, false, workspace);
    const parts = new Float64Array(blocks * blocks);
    for (let wave = 0; wave <= 2 * (blocks - 1); wave++) {
      const first = Math.max(0, wave - blocks + 1);
      const rows = Array.from({ length: Math.floor(wave / 2) + 1 - first }, (_, k) => first + k);
      const results = pool.run(rows.map((i) => job(i, wave - i)));
      for (const [k, i] of rows.entries()) parts[i * blocks + wave - i] = results[k]!;
    }
    const unlinked = parts.reduce((sum, part) => sum + part, 0);
    const graph = [indptr, indices, targets] as const;
    return (
      unlinked +
      module.graphReconstructionLinks(n, dim, z, ...graph, positiveWeight, scale, gradient)
    );
  };
}
