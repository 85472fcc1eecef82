import { Lanes } from './math';
import { aggregateRow, dotRow, weightOf } from './sddmm';
import { FLOAT, VECTOR, element, loadLanes, storeLanes } from './simd';

/** Softmax over the entries of each CSR row, for each head: `out[nnz, heads]`. */
export function edgeSoftmax(
  nRows: i32,
  heads: i32,
  indptr: usize,
  logits: usize,
  out: usize,
): void {
  const stride = <usize>heads * FLOAT;
  for (let row = 0; row < nRows; row++) {
    const first = load<i32>(element(indptr, row));
    const count = load<i32>(element(indptr, row + 1)) - first;
    const offset = <usize>first * stride;
    memory.copy(out + offset, logits + offset, <usize>count * stride);
    softmaxRow(count, heads, out + offset);
  }
}

/** Gradient of {@link edgeSoftmax} by its logits. */
export function edgeSoftmaxGradient(
  nRows: i32,
  heads: i32,
  indptr: usize,
  probabilities: usize,
  dOut: usize,
  dLogits: usize,
): void {
  const stride = <usize>heads * FLOAT;
  for (let row = 0; row < nRows; row++) {
    const first = load<i32>(element(indptr, row));
    const count = load<i32>(element(indptr, row + 1)) - first;
    const offset = <usize>first * stride;
    memory.copy(dLogits + offset, dOut + offset, <usize>count * stride);
    softmaxGradientRow(count, heads, probabilities + offset, dLogits + offset);
  }
}

/**
 * Graph attention: `attention[e, h]` = softmax over the entries e = (i, j) of row i of
 * f(`source[j, h]` + `target[i, h]`), `out[i, h, :]` = sum of `attention[e, h] z[j, h, :]`.
 * `slopes[e, h]` is f', kept for the gradient.
 */
export function gatAggregate(
  nRows: i32,
  heads: i32,
  width: i32,
  indptr: usize,
  indices: usize,
  z: usize,
  source: usize,
  target: usize,
  attention: usize,
  slopes: usize,
  out: usize,
  isSigmoid: bool,
  negativeSlope: f32,
): void {
  const stride = <usize>heads * FLOAT;
  const headBytes = <usize>width * FLOAT;
  for (let row = 0; row < nRows; row++) {
    const first = load<i32>(element(indptr, row));
    const end = load<i32>(element(indptr, row + 1));
    const count = end - first;
    const scores = attention + <usize>first * stride;
    addPairs(count, heads, element(indices, first), source, target, scores);
    const derivatives = slopes + <usize>first * stride;
    if (isSigmoid) sigmoidInPlace(count * heads, scores, derivatives);
    else leakyInPlace(count * heads, negativeSlope, scores, derivatives);
    softmaxRow(count, heads, scores);
    aggregateRow(first, end, heads, headBytes, indices, 0, attention, z, out);
    target += stride;
    out += <usize>heads * headBytes;
  }
}

/**
 * Gradients of {@link gatAggregate}. The rows of the transpose (`columnIndptr`; `rows`: the row of
 * each entry; `entries`: its place among the entries) let the gradients of sources be summed
 * without scattered writes. `dScores` gets that of source + target; `dAttention` may be 0.
 */
export function gatAggregateGradient(
  nRows: i32,
  nColumns: i32,
  heads: i32,
  width: i32,
  indptr: usize,
  indices: usize,
  columnIndptr: usize,
  rows: usize,
  entries: usize,
  z: usize,
  attention: usize,
  slopes: usize,
  dOut: usize,
  dAttention: usize,
  dScores: usize,
  dZ: usize,
  dSource: usize,
  dTarget: usize,
): void {
  const stride = <usize>heads * FLOAT;
  const headBytes = <usize>width * FLOAT;
  for (let row = 0; row < nRows; row++) {
    const first = load<i32>(element(indptr, row));
    const end = load<i32>(element(indptr, row + 1));
    const count = end - first;
    const offset = <usize>first * stride;
    const gradients = dScores + offset;
    const dOutRow = dOut + <usize>row * <usize>heads * headBytes;
    dotRow(first, end, heads, headBytes, indices, dOutRow, z, dScores);
    if (dAttention != 0) addInPlace(count * heads, gradients, dAttention + offset);
    softmaxGradientRow(count, heads, attention + offset, gradients);
    multiplyInPlace(count * heads, gradients, slopes + offset);
    sumEntries(first, end, heads, 0, dScores, dTarget + <usize>row * stride);
  }
  for (let column = 0; column < nColumns; column++) {
    const first = load<i32>(element(columnIndptr, column));
    const end = load<i32>(element(columnIndptr, column + 1));
    aggregateRow(first, end, heads, headBytes, rows, entries, attention, dOut, dZ);
    sumEntries(first, end, heads, entries, dScores, dSource + <usize>column * stride);
    dZ += <usize>heads * headBytes;
  }
}

/** `scores[e, h] = source[indices[e], h] + target[h]`. */
function addPairs(
  count: i32,
  heads: i32,
  indices: usize,
  source: usize,
  target: usize,
  scores: usize,
): void {
  let head = 0;
  for (; head + 4 <= heads; head += 4) {
    Heads.addPairs(VECTOR, count, heads, head, indices, source, target, scores);
  }
  for (; head < heads; head++) {
    Heads.addPairs(FLOAT, count, heads, head, indices, source, target, scores);
  }
}

/** Softmax of each column of `values[count, heads]`, in place; exponentials in rows of lanes. */
function softmaxRow(count: i32, heads: i32, values: usize): void {
  let head = 0;
  for (; head + 4 <= heads; head += 4) Heads.subtractMaximum(VECTOR, count, heads, head, values);
  for (; head < heads; head++) Heads.subtractMaximum(FLOAT, count, heads, head, values);
  exponentialInPlace(count * heads, values);
  head = 0;
  for (; head + 4 <= heads; head += 4) Heads.divideBySum(VECTOR, count, heads, head, values);
  for (; head < heads; head++) Heads.divideBySum(FLOAT, count, heads, head, values);
}

/** `gradients = p (gradients - sum of p gradients)` for each column p of `probabilities`. */
function softmaxGradientRow(count: i32, heads: i32, probabilities: usize, gradients: usize): void {
  let head = 0;
  for (; head + 4 <= heads; head += 4) {
    Heads.softmaxGradient(VECTOR, count, heads, head, probabilities, gradients);
  }
  for (; head < heads; head++) {
    Heads.softmaxGradient(FLOAT, count, heads, head, probabilities, gradients);
  }
}

/** `out[h]` = sum over the entries of `values[entries[t], h]`. */
function sumEntries(
  first: i32,
  end: i32,
  heads: i32,
  entries: usize,
  values: usize,
  out: usize,
): void {
  let head = 0;
  for (; head + 4 <= heads; head += 4) {
    Heads.sumEntries(VECTOR, first, end, heads, head, entries, values, out);
  }
  for (; head < heads; head++) {
    Heads.sumEntries(FLOAT, first, end, heads, head, entries, values, out);
  }
}

/** Passes over the entries of a row for four heads (`lanes` = VECTOR) or one (FLOAT). */
class Heads {
  @inline
  static addPairs(
    lanes: usize,
    count: i32,
    heads: i32,
    head: i32,
    indices: usize,
    source: usize,
    target: usize,
    scores: usize,
  ): void {
    const stride = <usize>heads * FLOAT;
    const from = element(source, head);
    const own = loadLanes(element(target, head), lanes);
    let to = element(scores, head);
    for (let entry = 0; entry < count; entry++) {
      const address = from + <usize>load<i32>(element(indices, entry)) * stride;
      storeLanes(to, f32x4.add(loadLanes(address, lanes), own), lanes);
      to += stride;
    }
  }

  /** A NaN need not be the maximum: it stays among the values, so their sum is NaN. */
  @inline
  static subtractMaximum(lanes: usize, count: i32, heads: i32, head: i32, values: usize): void {
    const stride = <usize>heads * FLOAT;
    const start = element(values, head);
    const stop = start + <usize>count * stride;
    let maximum = f32x4.splat(-Infinity);
    for (let at = start; at < stop; at += stride) {
      maximum = f32x4.pmax(maximum, loadLanes(at, lanes));
    }
    for (let at = start; at < stop; at += stride) {
      storeLanes(at, f32x4.sub(loadLanes(at, lanes), maximum), lanes);
    }
  }

  @inline
  static divideBySum(lanes: usize, count: i32, heads: i32, head: i32, values: usize): void {
    const stride = <usize>heads * FLOAT;
    const start = element(values, head);
    const stop = start + <usize>count * stride;
    let sum = f32x4.splat(0);
    for (let at = start; at < stop; at += stride) sum = f32x4.add(sum, loadLanes(at, lanes));
    const factor = f32x4.div(f32x4.splat(1), sum);
    for (let at = start; at < stop; at += stride) {
      storeLanes(at, f32x4.mul(loadLanes(at, lanes), factor), lanes);
    }
  }

  @inline
  static softmaxGradient(
    lanes: usize,
    count: i32,
    heads: i32,
    head: i32,
    probabilities: usize,
    gradients: usize,
  ): void {
    const stride = <usize>heads * FLOAT;
    const bytes = <usize>count * stride;
    const p = element(probabilities, head);
    const g = element(gradients, head);
    let dot = f32x4.splat(0);
    for (let at: usize = 0; at < bytes; at += stride) {
      dot = f32x4.add(dot, f32x4.mul(loadLanes(p + at, lanes), loadLanes(g + at, lanes)));
    }
    for (let at: usize = 0; at < bytes; at += stride) {
      const difference = f32x4.sub(loadLanes(g + at, lanes), dot);
      storeLanes(g + at, f32x4.mul(loadLanes(p + at, lanes), difference), lanes);
    }
  }

  @inline
  static sumEntries(
    lanes: usize,
    first: i32,
    end: i32,
    heads: i32,
    head: i32,
    entries: usize,
    values: usize,
    out: usize,
  ): void {
    const stride = <usize>heads * FLOAT;
    const from = element(values, head);
    let sum = f32x4.splat(0);
    for (let entry = first; entry < end; entry++) {
      sum = f32x4.add(sum, loadLanes(from + weightOf(entries, entry) * stride, lanes));
    }
    storeLanes(element(out, head), sum, lanes);
  }
}

function exponentialInPlace(count: i32, values: usize): void {
  const end = element(values, count);
  for (; values + VECTOR <= end; values += VECTOR) {
    v128.store(values, Lanes.exp(v128.load(values)));
  }
  for (; values < end; values += FLOAT) {
    v128.store_lane<f32>(values, Lanes.exp(v128.load32_zero(values)), 0);
  }
}

function leakyInPlace(count: i32, negativeSlope: f32, values: usize, slopes: usize): void {
  const below = f32x4.splat(negativeSlope);
  const one = f32x4.splat(1);
  const end = element(values, count);
  const vectorEnd = element(values, count & ~3);
  while (values < end) {
    const lanes = values < vectorEnd ? VECTOR : FLOAT;
    const x = loadLanes(values, lanes);
    const slope = v128.bitselect(one, below, f32x4.gt(x, f32x4.splat(0)));
    storeLanes(slopes, slope, lanes);
    storeLanes(values, f32x4.mul(x, slope), lanes);
    values += lanes;
    slopes += lanes;
  }
}

function sigmoidInPlace(count: i32, values: usize, slopes: usize): void {
  const end = element(values, count);
  const vectorEnd = element(values, count & ~3);
  while (values < end) {
    const lanes = values < vectorEnd ? VECTOR : FLOAT;
    const y = Lanes.sigmoid(loadLanes(values, lanes));
    storeLanes(slopes, f32x4.mul(y, f32x4.sub(f32x4.splat(1), y)), lanes);
    storeLanes(values, y, lanes);
    values += lanes;
    slopes += lanes;
  }
}

function addInPlace(count: i32, values: usize, more: usize): void {
  const end = element(values, count);
  const vectorEnd = element(values, count & ~3);
  while (values < end) {
    const lanes = values < vectorEnd ? VECTOR : FLOAT;
    storeLanes(values, f32x4.add(loadLanes(values, lanes), loadLanes(more, lanes)), lanes);
    values += lanes;
    more += lanes;
  }
}

function multiplyInPlace(count: i32, values: usize, factors: usize): void {
  const end = element(values, count);
  const vectorEnd = element(values, count & ~3);
  while (values < end) {
    const lanes = values < vectorEnd ? VECTOR : FLOAT;
    storeLanes(values, f32x4.mul(loadLanes(values, lanes), loadLanes(factors, lanes)), lanes);
    values += lanes;
    factors += lanes;
  }
}
