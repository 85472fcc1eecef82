import { checkGatherRows, checkSegmentSum } from '../checks/matrix.js';
import type { GatherRowsArgs, SegmentSumArgs } from '../contract/matrix.js';

/** Copies the rows named by `indices`. */
export function plainGatherRows(args: GatherRowsArgs): void {
  checkGatherRows(args);
  const { source, width, indices, out } = args;
  for (let i = 0; i < indices.length; i++) {
    const from = indices[i]! * width;
    const to = i * width;
    for (let j = 0; j < width; j++) out[to + j] = source[from + j]!;
  }
}

/** Adds each row to its segment, in row order and float32 (as the WebAssembly kernel does). */
export function plainSegmentSum(args: SegmentSumArgs): void {
  checkSegmentSum(args);
  const { values, width, segmentIds, nSegments, out } = args;
  out.fill(0, 0, nSegments * width);
  for (let i = 0; i < segmentIds.length; i++) {
    const segment = segmentIds[i]!;
    if (segment < 0) continue;
    const from = i * width;
    const to = segment * width;
    for (let j = 0; j < width; j++) out[to + j]! += values[from + j]!;
  }
}
