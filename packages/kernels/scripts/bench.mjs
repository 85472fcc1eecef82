/**
 * Speed of the kernels, by process CPU time (the best of a few repetitions, so that other load on
 * the machine matters little): `node scripts/bench.mjs`. Relaxed SIMD needs Node 22, or in Node 20
 * the flag `--experimental-wasm-relaxed-simd`.
 */
import { getKernels, isVariantSupported } from '../dist/index.js';

const REPEATS = 7;

/** Numbers in [-1, 1) that are the same in every run. */
function numbers(count, seed = 1) {
  let state = seed;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return state / 2 ** 31;
  });
}

function cpuMilliseconds(run) {
  let best = Infinity;
  for (let i = 0; i < REPEATS; i++) {
    const start = process.cpuUsage();
    run();
    const { user, system } = process.cpuUsage(start);
    best = Math.min(best, (user + system) / 1000);
  }
  return best;
}

function gemmCase(name, m, n, k, transposeA, transposeB) {
  const args = { m, n, k, transposeA, transposeB };
  const data = { a: numbers(m * k, 1), b: numbers(k * n, 2), out: new Float32Array(m * n) };
  return { name, flops: 2 * m * n * k, run: (kernels) => kernels.gemm({ ...args, ...data }) };
}

function randomCsr(nRows, nColumns, perRow) {
  const draws = numbers(nRows * perRow, 3);
  return {
    nRows,
    indptr: Int32Array.from({ length: nRows + 1 }, (_, row) => row * perRow),
    indices: Int32Array.from(draws, (u) => Math.floor(((u + 1) / 2) * nColumns)),
    values: numbers(nRows * perRow, 4),
  };
}

function spmmCase(name, nRows, perRow, width) {
  const x = numbers(nRows * width, 5);
  const args = { ...randomCsr(nRows, nRows, perRow), x, width, out: new Float32Array(x.length) };
  return { name, flops: 2 * nRows * perRow * width, run: (kernels) => kernels.spmm(args) };
}

function nearestCase(name, nPoints, dim, k) {
  const points = numbers(nPoints * dim, 6);
  const args = {
    ...{ queries: points, nQueries: nPoints, points, nPoints, dim, k, firstQuery: 0 },
    outIndices: new Int32Array(nPoints * k),
    outDistances: new Float32Array(nPoints * k),
  };
  return { name, flops: 3 * nPoints * nPoints * dim, run: (kernels) => kernels.nearest(args) };
}

function adamCase(name, count) {
  const args = {
    ...{ step: 3, learningRate: 1e-3, parameters: numbers(count, 7), gradients: numbers(count, 8) },
    firstMoment: new Float32Array(count),
    secondMoment: new Float32Array(count),
  };
  return { name, flops: 12 * count, run: (kernels) => kernels.adam(args) };
}

const CASES = [
  gemmCase('gemm A B     1024x256x1000', 1024, 256, 1000, false, false),
  gemmCase('gemm AT B    1024x256x1000', 1024, 256, 1000, true, false),
  gemmCase('gemm A BT    1024x256x1000', 1024, 256, 1000, false, true),
  gemmCase('gemm AT BT   1024x256x1000', 1024, 256, 1000, true, true),
  gemmCase('gemm A B     64x32x64', 64, 32, 64, false, false),
  spmmCase('spmm 4000 rows x 15, width 128', 4000, 15, 128),
  spmmCase('spmm 4000 rows x 15, width 50', 4000, 15, 50),
  nearestCase('nearest 4000 points, dim 50, k 15', 4000, 50, 15),
  adamCase('adam 2.1 M parameters', 2_100_000),
];

const variants = ['plain', 'wasm-baseline', 'wasm-relaxed'].filter(
  (variant) => variant === 'plain' || isVariantSupported(variant),
);
for (const { name, flops, run } of CASES) {
  const figures = [];
  for (const variant of variants) {
    const kernels = await getKernels({ variant });
    const ms = cpuMilliseconds(() => run(kernels));
    figures.push(`${variant} ${ms.toFixed(2)} ms, ${(flops / ms / 1e6).toFixed(2)} GFLOP/s`);
  }
  console.log(`${name.padEnd(36)} ${figures.join(' | ')}`);
}
