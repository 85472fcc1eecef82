import { FLOAT, VECTOR } from './simd';

/**
 * Copies a `lines x depth` block into strips of `stripLines` (4 or 8) lines, the lines of a strip
 * interleaved: strip, then depth, then line. A "line" is a row of the left operand or a column of
 * the right one. The last strip is filled up with zeros.
 *
 * @param source - address of the first element; line and depth strides are in bytes
 */
export function packStrips(
  source: usize,
  lineStride: usize,
  depthStride: usize,
  lines: i32,
  depth: i32,
  stripLines: i32,
  target: usize,
): void {
  const stepBytes = <usize>stripLines * FLOAT;
  for (let strip = 0; strip < lines; strip += stripLines) {
    for (let group = 0; group < stripLines; group += 4) {
      const line = strip + group;
      packFourLines(
        source + <usize>line * lineStride,
        lineStride,
        depthStride,
        lines - line,
        depth,
        target + <usize>group * FLOAT,
        stepBytes,
      );
    }
    target += stepBytes * <usize>depth;
  }
}

/** Interleaves four lines; `present` of them exist, the others are written as zeros. */
function packFourLines(
  source: usize,
  lineStride: usize,
  depthStride: usize,
  present: i32,
  depth: i32,
  target: usize,
  stepBytes: usize,
): void {
  if (present < 4) {
    packPartial(source, lineStride, depthStride, present, depth, target, stepBytes);
  } else if (lineStride == FLOAT) {
    packAdjacentLines(source, depthStride, depth, target, stepBytes);
  } else if (depthStride == FLOAT) {
    const transposed = depth & ~3;
    packByTransposing(source, lineStride, transposed, target, stepBytes);
    packPartial(
      source + <usize>transposed * FLOAT,
      lineStride,
      depthStride,
      4,
      depth - transposed,
      target + <usize>transposed * stepBytes,
      stepBytes,
    );
  } else {
    packPartial(source, lineStride, depthStride, 4, depth, target, stepBytes);
  }
}

/** The four lines lie side by side: copy vectors. */
function packAdjacentLines(
  source: usize,
  depthStride: usize,
  depth: i32,
  target: usize,
  stepBytes: usize,
): void {
  for (let p = 0; p < depth; p++) {
    v128.store(target, v128.load(source));
    source += depthStride;
    target += stepBytes;
  }
}

/** Each line is contiguous: load 4 x 4 blocks and transpose them; `depth` is a multiple of 4. */
function packByTransposing(
  source: usize,
  lineStride: usize,
  depth: i32,
  target: usize,
  stepBytes: usize,
): void {
  for (let p = 0; p < depth; p += 4) {
    const line0 = v128.load(source);
    const line1 = v128.load(source + lineStride);
    const line2 = v128.load(source + 2 * lineStride);
    const line3 = v128.load(source + 3 * lineStride);
    const low01 = v128.shuffle<f32>(line0, line1, 0, 4, 1, 5);
    const high01 = v128.shuffle<f32>(line0, line1, 2, 6, 3, 7);
    const low23 = v128.shuffle<f32>(line2, line3, 0, 4, 1, 5);
    const high23 = v128.shuffle<f32>(line2, line3, 2, 6, 3, 7);
    v128.store(target, v128.shuffle<f64>(low01, low23, 0, 2));
    v128.store(target + stepBytes, v128.shuffle<f64>(low01, low23, 1, 3));
    v128.store(target + 2 * stepBytes, v128.shuffle<f64>(high01, high23, 0, 2));
    v128.store(target + 3 * stepBytes, v128.shuffle<f64>(high01, high23, 1, 3));
    source += VECTOR;
    target += 4 * stepBytes;
  }
}

/** Element by element: fewer than four lines, or the rest of the depth. */
function packPartial(
  source: usize,
  lineStride: usize,
  depthStride: usize,
  present: i32,
  depth: i32,
  target: usize,
  stepBytes: usize,
): void {
  for (let p = 0; p < depth; p++) {
    for (let line = 0; line < 4; line++) {
      const value = line < present ? load<f32>(source + <usize>line * lineStride) : <f32>0;
      store<f32>(target + <usize>line * FLOAT, value);
    }
    source += depthStride;
    target += stepBytes;
  }
}
