/**
 * Inputs of the timed cases, the same numbers as packages/bench/peers/inputs.py makes.
 *
 * Every number is a hash of its position and a seed, so both sides of a comparison work on the same
 * data without exchanging any, and their results can be compared.
 */

/**
 * Uniform in [0, 1) with 24 random bits.
 * @param {number} seed
 * @param {number} size
 * @returns {Float32Array}
 */
export function unit(seed, size) {
  const out = new Float32Array(size);
  const start = Math.imul(seed, 0x85ebca6b);
  for (let i = 0; i < size; i++) {
    let h = (Math.imul(i, 0x9e3779b9) + start) | 0;
    h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    h ^= h >>> 16;
    out[i] = (h >>> 8) * 2 ** -24;
  }
  return out;
}

/**
 * Uniform in [-scale, scale).
 * @param {number} seed
 * @param {number} size
 * @param {number} [scale]
 * @returns {Float32Array}
 */
export function centered(seed, size, scale = 1) {
  return unit(seed, size).map((u) => (2 * u - 1) * scale);
}

/**
 * Counts from 1 to 12 at a share `density` of the places, zero elsewhere.
 * @param {number} seed
 * @param {number} size
 * @param {number} [density]
 * @returns {Float32Array}
 */
export function counts(seed, size, density = 0.15) {
  const [a, b] = [unit(seed + 1, size), unit(seed + 2, size)];
  return unit(seed, size).map((u, i) => (u < density ? Math.floor(1 + 12 * a[i] * b[i]) : 0));
}

/**
 * An n x n matrix with `perRow` entries in every row, columns sorted, values in [0, 1).
 * @param {number} seed
 * @param {number} n
 * @param {number} perRow
 * @returns {{indptr: Int32Array, indices: Int32Array, data: Float32Array}}
 */
export function regularCsr(seed, n, perRow) {
  const indptr = Int32Array.from({ length: n + 1 }, (_, row) => row * perRow);
  const indices = new Int32Array(n * perRow);
  unit(seed, n * perRow).forEach((u, i) => {
    indices[i] = Math.floor(((i % perRow) + u) * (n / perRow));
  });
  return { indptr, indices, data: unit(seed + 1, n * perRow) };
}

/**
 * An undirected graph with self loops, in which every node draws `draws` others; the value of an
 * edge is 1 / sqrt(degree of both ends).
 * @param {number} seed
 * @param {number} n
 * @param {number} draws
 * @returns {{indptr: Int32Array, indices: Int32Array, data: Float32Array}}
 */
export function symmetricGraph(seed, n, draws) {
  const keys = [];
  unit(seed, n * draws).forEach((u, i) => {
    const source = Math.floor(i / draws);
    const target = Math.floor(u * n);
    keys.push(source * n + target, target * n + source);
  });
  for (let node = 0; node < n; node++) keys.push(node * n + node);
  const edges = sortedUnique(keys);
  const indptr = new Int32Array(n + 1);
  for (const key of edges) indptr[Math.floor(key / n) + 1]++;
  for (let row = 0; row < n; row++) indptr[row + 1] += indptr[row];
  const indices = Int32Array.from(edges, (key) => key % n);
  const degree = (node) => indptr[node + 1] - indptr[node];
  const data = Float32Array.from(
    edges,
    (key) => 1 / Math.sqrt(degree(Math.floor(key / n)) * degree(key % n)),
  );
  return { indptr, indices, data };
}

/**
 * Undirected pairs without repeats or loops; a share `inside` falls within one community. Node i
 * belongs to community i % communities. Slightly fewer than `edges`: repeats and loops drop out.
 * @param {number} seed
 * @param {number} n
 * @param {number} edges
 * @param {number} communities
 * @param {number} [inside]
 * @returns {{source: Int32Array, target: Int32Array}} with source < target, sorted
 */
export function communityEdges(seed, n, edges, communities, inside = 0.8) {
  const [a, b, kind] = [unit(seed, edges), unit(seed + 1, edges), unit(seed + 2, edges)];
  const inOne = Math.floor(n / communities);
  const keys = [];
  for (let i = 0; i < edges; i++) {
    const source = Math.floor(a[i] * n);
    const target =
      kind[i] < inside
        ? Math.floor(b[i] * inOne) * communities + (source % communities)
        : Math.floor(b[i] * n);
    if (source !== target) keys.push(Math.min(source, target) * n + Math.max(source, target));
  }
  const pairs = sortedUnique(keys);
  return {
    source: Int32Array.from(pairs, (key) => Math.floor(key / n)),
    target: Int32Array.from(pairs, (key) => key % n),
  };
}

function sortedUnique(values) {
  return Float64Array.from(values)
    .sort()
    .filter((value, i, sorted) => i === 0 || value !== sorted[i - 1]);
}
