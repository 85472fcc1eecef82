import type { ModuleExports } from '../wasm/module-exports.js';
import type { Job, ThreadPool } from './thread-pool.js';

const FLOAT_BYTES = 4;
/** Less work than this (multiplications) is not worth waking a worker. */
const WORTHWHILE = 200_000;
/** Row ranges are multiples of the kernels' blocks, so that no block is cut. */
const ROW_MULTIPLE = 64;

/**
 * The exports of a module with the large kernels spread over a pool, by rows of the result. Every
 * element of a result is worked out by one thread in the order a single thread would, so the
 * result does not depend on the number of threads.
 *
 * @param workspaces - addresses of one workspace for each job that can run at the same time
 */
export function threadedExports(
  module: ModuleExports,
  pool: ThreadPool,
  workspaces: readonly number[],
): ModuleExports {
  const split = (
    rows: number,
    work: number,
    jobOf: (start: number, count: number, workspace: number) => Job,
  ): boolean => {
    const parts = Math.min(workspaces.length, Math.ceil(rows / ROW_MULTIPLE));
    if (parts < 2 || work < WORTHWHILE) return false;
    const step = Math.ceil(rows / parts / ROW_MULTIPLE) * ROW_MULTIPLE;
    const jobs: Job[] = [];
    for (let start = 0; start < rows; start += step) {
      jobs.push(jobOf(start, Math.min(step, rows - start), workspaces[jobs.length]!));
    }
    pool.run(jobs);
    return true;
  };
  return {
    ...module,
    gemm(m, n, k, a, transposeA, b, transposeB, out, accumulate, workspace) {
      const aStep = (transposeA ? 1 : k) * FLOAT_BYTES;
      // Rows of a transposed left operand are columns of what is stored: no range of them lies
      // together, and the kernel takes the stored row length from m.
      const isSplit =
        !transposeA &&
        split(m, m * n * k, (start, count, own) => ({
          name: 'gemm',
          args: [
            ...[count, n, k, a + start * aStep, transposeA, b, transposeB],
            ...[out + start * n * FLOAT_BYTES, accumulate, own],
          ],
        }));
      if (!isSplit) module.gemm(m, n, k, a, transposeA, b, transposeB, out, accumulate, workspace);
    },
    spmm(nRows, indptr, indices, values, x, width, out) {
      const isSplit = split(nRows, nRows * width * 8, (start, count) => ({
        name: 'spmm',
        args: [
          ...[count, indptr + start * FLOAT_BYTES, indices, values, x, width],
          out + start * width * FLOAT_BYTES,
        ],
      }));
      if (!isSplit) module.spmm(nRows, indptr, indices, values, x, width, out);
    },
    squaredDistances(nA, nB, dim, a, b, out, workspace) {
      const isSplit = split(nA, nA * nB * dim, (start, count, own) => ({
        name: 'squaredDistances',
        args: [
          ...[count, nB, dim, a + start * dim * FLOAT_BYTES, b],
          ...[out + start * nB * FLOAT_BYTES, own],
        ],
      }));
      if (!isSplit) module.squaredDistances(nA, nB, dim, a, b, out, workspace);
    },
    nearest(nQueries, queries, nPoints, points, dim, k, firstQuery, indices, distances, workspace) {
      const isSplit = split(nQueries, nQueries * nPoints * dim, (start, count, own) => ({
        name: 'nearest',
        args: [
          ...[count, queries + start * dim * FLOAT_BYTES, nPoints, points, dim, k],
          firstQuery < 0 ? firstQuery : firstQuery + start,
          ...[indices + start * k * FLOAT_BYTES, distances + start * k * FLOAT_BYTES, own],
        ],
      }));
      if (isSplit) return;
      module.nearest(
        nQueries,
        queries,
        nPoints,
        points,
        dim,
        k,
        firstQuery,
        indices,
        distances,
        workspace,
      );
    },
  };
}
