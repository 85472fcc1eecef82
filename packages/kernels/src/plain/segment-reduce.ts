import { checkSegmentMax, checkSegmentMaxGradient } from '../checks/graph.js';
import type { SegmentMaxArgs, SegmentMaxGradientArgs } from '../contract/graph.js';

/** Largest values by segment; of equal ones the first counts, of NaNs the last. */
export function plainSegmentMax(args: SegmentMaxArgs): void {
  checkSegmentMax(args);
  const { nSegments, indptr, indices, x, width, out, argmax } = args;
  for (let segment = 0; segment < nSegments; segment++) {
    const [first, end] = [indptr[segment]!, indptr[segment + 1]!];
    for (let column = 0; column < width; column++) {
      let [best, row] = [0, -1];
      for (let entry = first; entry < end; entry++) {
        const value = x[indices[entry]! * width + column]!;
        if (row < 0 || value > best || Number.isNaN(value)) {
          best = value;
          row = indices[entry]!;
        }
      }
      out[segment * width + column] = best;
      argmax[segment * width + column] = row;
    }
  }
}

/** Adds each gradient to the row its value came from. */
export function plainSegmentMaxGradient(args: SegmentMaxGradientArgs): void {
  checkSegmentMaxGradient(args);
  const { nSegments, nRows, width, argmax, dOut, dX } = args;
  dX.fill(0, 0, nRows * width);
  for (let at = 0; at < nSegments * width; at++) {
    const row = argmax[at]!;
    if (row >= 0) dX[row * width + (at % width)]! += dOut[at]!;
  }
}
