import { checkEdgeAggregate, checkSddmm } from '../checks/graph.js';
import type { EdgeAggregateArgs, SddmmArgs } from '../contract/graph.js';

/** Dot products at the stored entries; sums run in float64. */
export function plainSddmm(args: SddmmArgs): void {
  checkSddmm(args);
  const { nRows, indptr, indices, a, b, heads, width, out } = args;
  for (let row = 0; row < nRows; row++) {
    for (let entry = indptr[row]!; entry < indptr[row + 1]!; entry++) {
      for (let head = 0; head < heads; head++) {
        const left = (row * heads + head) * width;
        const right = (indices[entry]! * heads + head) * width;
        let sum = 0;
        for (let f = 0; f < width; f++) sum += a[left + f]! * b[right + f]!;
        out[entry * heads + head] = sum;
      }
    }
  }
}

/** Weighted sums over edges; they run in float64. */
export function plainEdgeAggregate(args: EdgeAggregateArgs): void {
  checkEdgeAggregate(args);
  const { nRows, indptr, indices, entries, weights, x, heads, width, out } = args;
  const sums = new Float64Array(heads * width);
  for (let row = 0; row < nRows; row++) {
    sums.fill(0);
    for (let entry = indptr[row]!; entry < indptr[row + 1]!; entry++) {
      const edge = (entries === undefined ? entry : entries[entry]!) * heads;
      const from = indices[entry]! * heads * width;
      for (let head = 0; head < heads; head++) {
        const weight = weights[edge + head]!;
        for (let f = head * width; f < (head + 1) * width; f++) sums[f]! += weight * x[from + f]!;
      }
    }
    out.set(sums, row * heads * width);
  }
}
