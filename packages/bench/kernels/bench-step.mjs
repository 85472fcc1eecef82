/**
 * Times layers and whole training steps against PyTorch in the same run.
 *
 * usage: DANCE_BENCH_PYTHON=python3 node packages/bench/kernels/bench-step.mjs [--threads 1] ...
 */
import { bench } from './bench.mjs';
import { STEP_CASES } from './step-cases.mjs';

await bench({ id: 'step', cases: STEP_CASES });
