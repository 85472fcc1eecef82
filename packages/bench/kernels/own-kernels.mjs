/**
 * Our side of the kernel cases: kernels on arrays that lie in WebAssembly memory, as in training.
 * Products and neighbors use as many threads as PyTorch; the others one.
 */
import { CsrMatrix, Rng } from '@dance-ts/core';
import { getKernels, instantiateOnMemory } from '@dance-ts/kernels';
import { leiden, louvain } from '@dance-ts/ml';
import { loadSystemBlas } from '@dance-ts/nn';
import { centered, communityEdges, counts, regularCsr, unit } from './inputs.mjs';

const PAGE_BYTES = 65536;

/** A memory that grows by what is placed on it; everything is freed with the arena. */
class Arena {
  memory = new WebAssembly.Memory({ initial: 1 });
  #next = 64;

  malloc(bytes) {
    const address = this.#next;
    this.#next += Math.ceil(bytes / 64) * 64;
    const missing = this.#next - this.memory.buffer.byteLength;
    if (missing > 0) this.memory.grow(Math.ceil(missing / PAGE_BYTES));
    return address;
  }

  kernels() {
    return instantiateOnMemory(this.memory, { malloc: (n) => this.malloc(n), free: () => {} });
  }

  /** Copies arrays onto the memory; views are made last, because growing detaches them. */
  place(arrays) {
    const placed = Object.entries(arrays).map(([name, array]) => [
      name,
      { array, address: this.malloc(array.byteLength) },
    ]);
    return Object.fromEntries(
      placed.map(([name, { array, address }]) => {
        const view = new array.constructor(this.memory.buffer, address, array.length);
        view.set(array);
        return [name, view];
      }),
    );
  }
}

const room = (size) => new Float32Array(size);
const meanSquare = (array) => array.reduce((sum, value) => sum + value * value, 0) / array.length;

/**
 * A case whose arrays are placed once; `run` is called with kernels and arrays. Several threads
 * share a memory of their own, to which the arrays are copied in every run.
 */
async function onHeap(arrays, run, check, threads = 1) {
  const arena = new Arena();
  const kernels = threads > 1 ? await getKernels({ threads }) : await arena.kernels();
  const placed = arena.place(arrays);
  const side = { run: () => run(kernels, placed), dispose: () => {} };
  side.run();
  return { ...side, check: check?.(placed) };
}

/** The product of the WebAssembly kernels, or of the machine's BLAS with DANCE_DEVICE=blas. */
function gemm(sizesOf) {
  return async ({ sizes, threads }) => {
    const { m, n, k, transposeA = false, transposeB = false } = sizesOf(sizes);
    const blas =
      process.env['DANCE_DEVICE'] === 'blas' ? await loadSystemBlas({ threads }) : undefined;
    const arrays = { a: centered(1, m * k), b: centered(2, k * n), out: room(m * n) };
    return onHeap(
      arrays,
      (kernels, placed) => (blas ?? kernels).gemm({ m, n, k, transposeA, transposeB, ...placed }),
      ({ out }) => meanSquare(out),
      threads,
    );
  };
}

function spmm({ sizes: { nodes, perRow, width } }) {
  const { indptr, indices, data } = regularCsr(1, nodes, perRow);
  const x = centered(3, nodes * width);
  return onHeap(
    { indptr, indices, values: data, x, out: room(nodes * width) },
    (kernels, placed) => kernels.spmm({ nRows: nodes, width, ...placed }),
    ({ out }) => meanSquare(out),
  );
}

function zinb({ sizes: { rows, columns, density } }) {
  const size = rows * columns;
  const arrays = {
    counts: counts(1, size, density),
    mean: unit(4, size).map((u) => Math.exp(5 * u - 4)),
    dispersion: unit(5, size).map((u) => Math.exp(8 * u - 4)),
    dropout: unit(6, size).map((u) => 0.98 * u + 0.01),
    rowLoss: room(rows),
    meanGradient: room(size),
    dispersionGradient: room(size),
    dropoutGradient: room(size),
  };
  return onHeap(
    arrays,
    (kernels, placed) => kernels.zinb({ rows, columns, ...placed }),
    ({ rowLoss }) => rowLoss.reduce((sum, loss) => sum + loss, 0) / size,
  );
}

function knn({ threads, sizes: { nodes, width, k } }) {
  const points = centered(7, nodes * width);
  const arrays = { points, outIndices: new Int32Array(nodes * k), outDistances: room(nodes * k) };
  const sizes = { nQueries: nodes, nPoints: nodes, dim: width, k, firstQuery: 0 };
  return onHeap(
    arrays,
    (kernels, placed) => kernels.nearest({ queries: placed.points, ...sizes, ...placed }),
    ({ outDistances }) =>
      outDistances.reduce((sum, squared) => sum + Math.sqrt(squared), 0) / (nodes * k),
    threads,
  );
}

async function adam({ sizes: { shapes } }) {
  const arena = new Arena();
  const kernels = await arena.kernels();
  const sizes = shapes.map((shape) => shape.reduce((product, length) => product * length, 1));
  const arrays = sizes.flatMap((size, i) => [
    [`parameters${i}`, centered(100 + i, size, 0.05)],
    [`gradients${i}`, centered(200 + i, size, 0.01)],
    [`first${i}`, room(size)],
    [`second${i}`, room(size)],
  ]);
  const placed = arena.place(Object.fromEntries(arrays));
  let step = 0;
  const run = () => {
    step += 1;
    for (const i of sizes.keys()) {
      kernels.adam({
        parameters: placed[`parameters${i}`],
        gradients: placed[`gradients${i}`],
        firstMoment: placed[`first${i}`],
        secondMoment: placed[`second${i}`],
        ...{ step, learningRate: 1e-3 },
      });
    }
  };
  return { run, dispose: () => {} };
}

function communities(find) {
  return async ({ sizes }) => {
    const { nodes, edges, communities: groups } = sizes;
    const { source, target } = communityEdges(1, nodes, edges, groups);
    const graph = symmetric(nodes, source, target);
    const side = {
      run: async () => {
        const { modularity } = await find(graph, { rng: Rng.fromSeed(0), resolution: 1 });
        side.check = modularity;
      },
      dispose: () => {},
    };
    return side;
  };
}

/** Both directions of every edge as a CSR matrix of ones. */
function symmetric(n, source, target) {
  const indptr = new Int32Array(n + 1);
  for (const ends of [source, target]) for (const node of ends) indptr[node + 1]++;
  for (let node = 0; node < n; node++) indptr[node + 1] += indptr[node];
  const next = indptr.slice();
  const indices = new Int32Array(2 * source.length);
  for (const [from, to] of [
    [target, source],
    [source, target],
  ]) {
    from.forEach((node, e) => (indices[next[node]++] = to[e]));
  }
  for (let node = 0; node < n; node++) indices.subarray(indptr[node], indptr[node + 1]).sort();
  return new CsrMatrix(n, n, indptr, indices, new Float32Array(indices.length).fill(1));
}

/** By the peer's name of the case. */
export const OWN_KERNELS = {
  gemm_nn: gemm(({ m, n, k }) => ({ m, n, k })),
  gemm_tn: gemm(({ m, n, k }) => ({ m: k, n, k: m, transposeA: true })),
  gemm_nt: gemm(({ m, n, k }) => ({ m, n: k, k: n, transposeB: true })),
  spmm,
  zinb,
  knn,
  adam,
  louvain: communities(louvain),
  leiden: communities(leiden),
};
