import { FLOAT, VECTOR, element } from './simd';

/** `out[i, :] = source[indices[i], :]` for `count` rows of `width` float32. */
export function gatherRows(
  count: i32,
  width: i32,
  indices: usize,
  source: usize,
  out: usize,
): void {
  const rowBytes = <usize>width * FLOAT;
  for (let i = 0; i < count; i++) {
    copyRow(source + <usize>load<i32>(element(indices, i)) * rowBytes, out, rowBytes);
    out += rowBytes;
  }
}

/** `out[s, :]` = sum of the rows of `values` whose segment id is `s`; negative ids are left out. */
export function segmentSum(
  count: i32,
  width: i32,
  segmentIds: usize,
  values: usize,
  nSegments: i32,
  out: usize,
): void {
  const rowBytes = <usize>width * FLOAT;
  memory.fill(out, 0, <usize>nSegments * rowBytes);
  for (let i = 0; i < count; i++) {
    const segment = load<i32>(element(segmentIds, i));
    if (segment >= 0) addRow(values, out + <usize>segment * rowBytes, rowBytes);
    values += rowBytes;
  }
}

function copyRow(from: usize, to: usize, bytes: usize): void {
  const end = from + bytes;
  for (; from + VECTOR <= end; from += VECTOR, to += VECTOR) v128.store(to, v128.load(from));
  for (; from < end; from += FLOAT, to += FLOAT) store<f32>(to, load<f32>(from));
}

function addRow(from: usize, to: usize, bytes: usize): void {
  const end = from + bytes;
  for (; from + VECTOR <= end; from += VECTOR, to += VECTOR) {
    v128.store(to, f32x4.add(v128.load(to), v128.load(from)));
  }
  for (; from < end; from += FLOAT, to += FLOAT) store<f32>(to, load<f32>(to) + load<f32>(from));
}
