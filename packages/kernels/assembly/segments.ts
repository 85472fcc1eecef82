import { FLOAT, element, loadLanes, storeLanes, VECTOR } from './simd';

/**
 * `out[s, :]` = largest of the rows `x[indices[e], :]` over the entries of segment `s`, and
 * `argmax[s, :]` the row it is from: the first of equal ones, the last NaN; empty: 0 and -1.
 */
export function segmentMax(
  nSegments: i32,
  width: i32,
  indptr: usize,
  indices: usize,
  x: usize,
  out: usize,
  argmax: usize,
): void {
  const rowBytes = <usize>width * FLOAT;
  for (let segment = 0; segment < nSegments; segment++) {
    const first = load<i32>(element(indptr, segment));
    const end = load<i32>(element(indptr, segment + 1));
    if (first == end) memory.fill(out, 0, rowBytes);
    memory.fill(argmax, 0xff, rowBytes);
    for (let entry = first; entry < end; entry++) {
      const row = load<i32>(element(indices, entry));
      takeLarger(entry == first, row, rowBytes, x + <usize>row * rowBytes, out, argmax);
    }
    out += rowBytes;
    argmax += rowBytes;
  }
}

function takeLarger(
  isFirst: bool,
  row: i32,
  rowBytes: usize,
  from: usize,
  out: usize,
  argmax: usize,
): void {
  const index = i32x4.splat(row);
  const always = i32x4.splat(isFirst ? -1 : 0);
  const end = out + rowBytes;
  while (out < end) {
    const lanes = out + VECTOR <= end ? VECTOR : FLOAT;
    const value = loadLanes(from, lanes);
    const best = loadLanes(out, lanes);
    const isNewOrNan = v128.or(always, f32x4.ne(value, value));
    const isTaken = v128.or(f32x4.gt(value, best), isNewOrNan);
    storeLanes(out, v128.bitselect(value, best, isTaken), lanes);
    storeLanes(argmax, v128.bitselect(index, loadLanes(argmax, lanes), isTaken), lanes);
    out += lanes;
    from += lanes;
    argmax += lanes;
  }
}

/** `dX[argmax[s, f], f]` += `dOut[s, f]` from zero; negative rows are left out. */
export function segmentMaxGradient(
  nSegments: i32,
  width: i32,
  nRows: i32,
  argmax: usize,
  dOut: usize,
  dX: usize,
): void {
  const rowBytes = <usize>width * FLOAT;
  memory.fill(dX, 0, <usize>nRows * rowBytes);
  for (let segment = 0; segment < nSegments; segment++) {
    for (let column = 0; column < width; column++) {
      const row = load<i32>(element(argmax, column));
      if (row < 0) continue;
      const to = element(dX, column) + <usize>row * rowBytes;
      store<f32>(to, load<f32>(to) + load<f32>(element(dOut, column)));
    }
    argmax += rowBytes;
    dOut += rowBytes;
  }
}
