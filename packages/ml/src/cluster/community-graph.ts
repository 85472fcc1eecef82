import { DataError, type CsrMatrix } from '@dance-ts/core';

/** Undirected weighted graph as community detection walks it; self loops are kept apart. */
export interface CommunityGraph {
  readonly n: number;
  readonly indptr: Int32Array;
  readonly indices: Int32Array;
  readonly weights: Float64Array;
  /** Weight of the loop at each node, which counts twice in its strength, [n]. */
  readonly loops: Float64Array;
  /** Weighted degree, [n]. */
  readonly strength: Float64Array;
  /** Sum of the strengths, 2m. */
  readonly total: number;
}

/**
 * Checks an adjacency matrix and takes it apart. An entry a on the diagonal is a loop of weight
 * a / 2, so that row sums are strengths.
 *
 * @throws DataError if it is not square and symmetric with finite weights \>= 0
 */
export function communityGraph(adjacency: CsrMatrix): CommunityGraph {
  const { nRows: n, nCols } = adjacency;
  if (n !== nCols) {
    throw new DataError('a graph needs a square matrix', { got: `${n} x ${nCols}` });
  }
  const transposed = adjacency.transpose();
  const indptr = new Int32Array(n + 1);
  const indices = new Int32Array(adjacency.nnz);
  const weights = new Float64Array(adjacency.nnz);
  const loops = new Float64Array(n);
  const strength = new Float64Array(n);
  let end = 0;
  for (let i = 0; i < n; i++) {
    for (let e = adjacency.indptr[i]!; e < adjacency.indptr[i + 1]!; e++) {
      const j = adjacency.indices[e]!;
      const weight = adjacency.data[e]!;
      assertEdge(i, j, weight, transposed);
      strength[i]! += weight;
      if (j === i) {
        loops[i] = weight / 2;
      } else if (weight > 0) {
        indices[end] = j;
        weights[end++] = weight;
      }
    }
    indptr[i + 1] = end;
  }
  return {
    n,
    indptr,
    indices: indices.subarray(0, end),
    weights: weights.subarray(0, end),
    loops,
    strength,
    total: strength.reduce((sum, value) => sum + value, 0),
  };
}

function assertEdge(i: number, j: number, weight: number, transposed: CsrMatrix): void {
  if (!(weight >= 0 && weight < Infinity)) {
    throw new DataError(`edge ${i}-${j} has no valid weight`, {
      got: String(weight),
      expected: 'a finite number >= 0',
    });
  }
  const back = transposed.get(i, j);
  if (Math.abs(back - weight) > 1e-6 * Math.max(1, weight)) {
    throw new DataError(`the graph is not symmetric at ${i}-${j}`, {
      got: `${weight} and ${back}`,
      remedy: 'Symmetrize the matrix first.',
    });
  }
}

/**
 * Modularity with resolution r (Reichardt & Bornholdt, 2006):
 * sum over communities of [ w_in / m - r (K_c / 2m)^2 ]; 0 for a graph without edges.
 */
export function communityQuality(
  graph: CommunityGraph,
  labels: Int32Array,
  resolution: number,
): number {
  const { n, indptr, indices, weights, loops, strength, total } = graph;
  if (total === 0) return 0;
  const volumes = new Map<number, number>();
  let inside = 0;
  for (let i = 0; i < n; i++) {
    const own = labels[i]!;
    volumes.set(own, (volumes.get(own) ?? 0) + strength[i]!);
    inside += 2 * loops[i]!;
    for (let e = indptr[i]!; e < indptr[i + 1]!; e++) {
      if (labels[indices[e]!] === own) inside += weights[e]!;
    }
  }
  let expected = 0;
  for (const volume of volumes.values()) expected += (volume / total) ** 2;
  return inside / total - resolution * expected;
}

/** The graph whose nodes are the parts 0..K-1 of another. */
export function aggregateGraph(graph: CommunityGraph, parts: Int32Array): CommunityGraph {
  const n = countParts(parts);
  const { offsets, members } = membersOf(parts, n);
  const loops = new Float64Array(n);
  const strength = new Float64Array(n);
  const indptr = new Int32Array(n + 1);
  const indices = new Int32Array(graph.indices.length);
  const weights = new Float64Array(graph.indices.length);
  const sums = new Float64Array(n);
  let end = 0;
  for (let part = 0; part < n; part++) {
    const start = end;
    for (const node of members.subarray(offsets[part], offsets[part + 1])) {
      strength[part]! += graph.strength[node]!;
      loops[part]! += graph.loops[node]!;
      for (let e = graph.indptr[node]!; e < graph.indptr[node + 1]!; e++) {
        const other = parts[graph.indices[e]!]!;
        const weight = graph.weights[e]!;
        if (other === part) {
          loops[part]! += weight / 2;
        } else {
          if (sums[other] === 0) indices[end++] = other;
          sums[other]! += weight;
        }
      }
    }
    for (let e = start; e < end; e++) {
      weights[e] = sums[indices[e]!]!;
      sums[indices[e]!] = 0;
    }
    indptr[part + 1] = end;
  }
  return {
    n,
    indptr,
    indices: indices.subarray(0, end),
    weights: weights.subarray(0, end),
    loops,
    strength,
    total: graph.total,
  };
}

/** The nodes of each part, listed one part after the other. */
export function membersOf(
  parts: Int32Array,
  nParts: number,
): { offsets: Int32Array; members: Int32Array } {
  const offsets = new Int32Array(nParts + 1);
  for (const part of parts) offsets[part + 1]! += 1;
  for (let part = 0; part < nParts; part++) offsets[part + 1]! += offsets[part]!;
  const next = offsets.slice(0, nParts);
  const members = new Int32Array(parts.length);
  parts.forEach((part, node) => {
    members[next[part]!++] = node;
  });
  return { offsets, members };
}

/** Number of parts in labels 0..K-1. */
export function countParts(labels: Int32Array): number {
  return labels.reduce((largest, label) => Math.max(largest, label), -1) + 1;
}

/** Labels 0..K-1 in the order in which they first appear. */
export function compactLabels(labels: Int32Array): Int32Array {
  const names = new Map<number, number>();
  return labels.map((label) => {
    const known = names.get(label) ?? names.size;
    names.set(label, known);
    return known;
  });
}

/** Labels 0..K-1 by decreasing size, ties by first appearance. */
export function labelsBySize(labels: Int32Array): Int32Array {
  const compact = compactLabels(labels);
  const sizes = new Int32Array(countParts(compact));
  for (const label of compact) sizes[label]! += 1;
  const order = [...sizes.keys()].sort((a, b) => sizes[b]! - sizes[a]! || a - b);
  const rank = new Int32Array(sizes.length);
  order.forEach((label, place) => {
    rank[label] = place;
  });
  return compact.map((label) => rank[label]!);
}
