import * as tf from '@tensorflow/tfjs';
import { int, runProgram, withUploads } from './program.js';

interface Attributes {
  readonly indices: Int32Array;
  readonly nRows: number;
}

/** Rows by index on WebGPU. */
export function gatherRowsWebGpu(
  { x }: Readonly<Record<string, tf.Tensor>>,
  { indices }: Attributes,
): tf.Tensor[] {
  const source = x as tf.Tensor;
  const width = source.shape[1]!;
  const outputShape = [indices.length, width];
  if (indices.length * width === 0) return [tf.zeros(outputShape)];
  return withUploads({ rows: indices }, ({ rows }) => [
    runProgram({
      key: 'dance_gather_rows',
      inputs: { source, rows },
      uniforms: { width: int(width) },
      outputShape,
      body: `
        let row = index / uniforms.width;
        let column = index - row * uniforms.width;
        result[index] = source[rows[row] * uniforms.width + column];`,
    }),
  ]);
}

/**
 * Sums of rows by segment on WebGPU, in the order of the rows: no atomic additions, whose order and
 * so whose rounding would change from run to run.
 */
export function segmentSumWebGpu(
  { x }: Readonly<Record<string, tf.Tensor>>,
  { indices, nRows }: Attributes,
): tf.Tensor[] {
  const values = x as tf.Tensor;
  const width = values.shape[1]!;
  if (indices.length * width === 0) return [tf.zeros([nRows, width])];
  return withUploads(rowsBySegment(indices, nRows), ({ starts, rows }) => [
    runProgram({
      key: 'dance_segment_sum',
      inputs: { values, starts, rows },
      uniforms: { width: int(width) },
      outputShape: [nRows, width],
      body: `
        let segment = index / uniforms.width;
        let column = index - segment * uniforms.width;
        var sum = 0.0;
        for (var at = starts[segment]; at < starts[segment + 1]; at++) {
          sum += values[rows[at] * uniforms.width + column];
        }
        result[index] = sum;`,
    }),
  ]);
}

/** The rows of each segment, in order: those of s are rows[starts[s]] to rows[starts[s + 1] - 1]. */
export function rowsBySegment(
  segmentIds: Int32Array,
  nSegments: number,
): { starts: Int32Array; rows: Int32Array } {
  const starts = new Int32Array(nSegments + 1);
  for (const segment of segmentIds) starts[segment + 1]! += 1;
  for (let segment = 0; segment < nSegments; segment++) starts[segment + 1]! += starts[segment]!;
  const next = starts.slice(0, nSegments);
  const rows = new Int32Array(segmentIds.length);
  segmentIds.forEach((segment, row) => {
    rows[next[segment]!] = row;
    next[segment]! += 1;
  });
  return { starts, rows };
}
