import { CsrMatrix } from '@dance-ts/core';
import type { GoldenCase } from './golden.js';

/** The graph of a golden case: row i, column j for the edge from j to i, weight 1 or as given. */
export function goldenGraph(golden: GoldenCase, weights?: string): CsrMatrix {
  const n = golden.number('n');
  const targets = golden.numbers('edges_dst');
  const values = weights === undefined ? targets.map(() => 1) : golden.numbers(weights);
  return CsrMatrix.fromTriplets(n, n, targets, golden.numbers('edges_src'), values);
}

/** The numbers of a list of `count` matrices, one after the other. */
export function goldenMatrices(golden: GoldenCase, key: string, count: number): number[] {
  const matrices = golden.inner(key);
  return Array.from({ length: count }, (_, k) => matrices.numbers(String(k))).flat();
}
