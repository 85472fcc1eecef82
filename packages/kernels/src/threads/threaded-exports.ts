import type { ModuleExports } from '../wasm/module-exports.js';
import { gatGradientSplits, gemmSplit, ROW_SPLITS, type SplitCall } from './row-splits.js';
import type { Job, ThreadPool } from './thread-pool.js';
import { threadedGraphReconstruction } from './threaded-graph-reconstruction.js';

/** Less work than this (100 microseconds) is not worth waking a worker, which takes about half. */
const WORTHWHILE = 2_000_000;
/** Ranges begin at multiples of this, so that tiles and vectors are not cut. */
const ROW_MULTIPLE = 16;
/** More ranges than threads let a thread that another program holds up do less. */
const RANGES_PER_THREAD = 4;

type Call = (...args: (number | boolean)[]) => void;

/**
 * The exports of a module with the large kernels spread over a pool, by rows of the result. Every
 * element of a result is worked out by one thread in the order a single thread would, so the
 * result does not depend on the number of threads.
 */
export function threadedExports(module: ModuleExports, pool: ThreadPool): ModuleExports {
  const single = module as unknown as Readonly<Record<string, Call>>;
  const threaded: Record<string, Call> = {
    gemm: (...given) => {
      if (!run(pool, 'gemmPart', gemmSplit(given.map(Number)))) single['gemm']!(...given);
    },
    gatAggregateGradient: (...given) => {
      const name = 'gatAggregateGradient';
      for (const call of gatGradientSplits(given.map(Number))) {
        if (!run(pool, name, call)) single[name]!(...call.args);
      }
    },
  };
  for (const [name, splitOf] of Object.entries(ROW_SPLITS)) {
    threaded[name] = (...given) => {
      const args = given.map(Number);
      if (!run(pool, name, { args, split: splitOf(...args) })) single[name]!(...given);
    };
  }
  const graphReconstruction = threadedGraphReconstruction(module, pool);
  return { ...module, ...threaded, graphReconstruction };
}

/** Whether it was worth it and is done. */
function run(pool: ThreadPool, name: string, { args, split }: SplitCall): boolean {
  const { rows, work, countAt, steps, numberAt, workspaceAt, grain = ROW_MULTIPLE } = split;
  if (work < WORTHWHILE) return false;
  const most = Math.min(RANGES_PER_THREAD * pool.size, Math.floor((2 * work) / WORTHWHILE));
  const ranges = Math.min(most, Math.max(pool.size, Math.floor(rows / grain)));
  const step = Math.ceil(rows / ranges / ROW_MULTIPLE) * ROW_MULTIPLE;
  if (step >= rows) return false;
  const jobs: Job[] = [];
  for (let start = 0; start < rows; start += step) {
    const own = args.map((arg, i) => (arg === 0 ? 0 : arg + start * (steps[i] ?? 0)));
    own[countAt] = Math.min(step, rows - start);
    if (numberAt !== undefined && own[numberAt]! >= 0) own[numberAt]! += start;
    jobs.push({ name, args: own, workspaceAt });
  }
  pool.run(jobs);
  return true;
}
