/**
 * Times single kernels against PyTorch in the same run.
 *
 * usage: DANCE_BENCH_PYTHON=python3 node packages/bench/kernels/bench-kernels.mjs [--threads 1] ...
 */
import { bench } from './bench.mjs';
import { KERNEL_CASES } from './kernel-cases.mjs';

await bench({ id: 'kernels', cases: KERNEL_CASES });
