import { gemm, tileWorkspaceBytes } from './blocked-tiles';
import { Lanes } from './math';
import { FLOAT, VECTOR, element, loadLanes, storeLanes } from './simd';

/** Nodes whose pairs are worked on at once: 256 KiB of logits stay in the second-level cache. */
const BLOCK: i32 = 256;

/** Scratch bytes that {@link graphReconstruction} needs. */
export function graphReconstructionWorkspaceBytes(): usize {
  return tileWorkspaceBytes() + <usize>(BLOCK * BLOCK) * FLOAT;
}

/**
 * Returns the sum over all ordered pairs (i, j) of the binary cross-entropy of the logits z z^T
 * against a sparse symmetric target, without storing the n x n logits; `gradient[n, dim]` is
 * overwritten with its derivative by z times `scale`.
 *
 * First all pairs as if nothing were linked (softplus(l), slope sigmoid(l)), of which only the
 * blocks on and above the diagonal are worked out; then the links are corrected one by one.
 */
export function graphReconstruction(
  n: i32,
  dim: i32,
  z: usize,
  indptr: usize,
  indices: usize,
  targets: usize,
  positiveWeight: f32,
  scale: f32,
  gradient: usize,
  workspace: usize,
): f64 {
  memory.fill(gradient, 0, <usize>n * <usize>dim * FLOAT);
  const rowBytes = <usize>dim * FLOAT;
  let sum: f64 = 0;
  for (let i = 0; i < n; i += BLOCK) {
    const rows = min(BLOCK, n - i);
    const zi = z + <usize>i * rowBytes;
    const di = gradient + <usize>i * rowBytes;
    for (let j = i; j < n; j += BLOCK) {
      const columns = min(BLOCK, n - j);
      const zj = z + <usize>j * rowBytes;
      const dj = i == j ? 0 : gradient + <usize>j * rowBytes;
      sum += graphReconstructionBlock(rows, columns, dim, zi, zj, scale, di, dj, workspace);
    }
  }
  return (
    sum +
    graphReconstructionLinks(n, dim, z, indptr, indices, targets, positiveWeight, scale, gradient)
  );
}

/** Nodes of a block of {@link graphReconstruction}, for those who work out the blocks themselves. */
export function graphReconstructionBlockSize(): i32 {
  return BLOCK;
}

/**
 * The part of {@link graphReconstruction} that pairs of a block of nodes `zi` and one of nodes `zj`
 * have in both orders, as if nothing were linked. Adds to the gradients `di` and `dj`.
 *
 * @param dj - 0 for a block with itself, whose pairs are there in both orders already
 */
export function graphReconstructionBlock(
  rows: i32,
  columns: i32,
  dim: i32,
  zi: usize,
  zj: usize,
  scale: f32,
  di: usize,
  dj: usize,
  workspace: usize,
): f64 {
  const logits = workspace + tileWorkspaceBytes();
  gemm(rows, columns, dim, zi, false, zj, true, logits, false, workspace);
  // Each pair counts in both orders, and so does its pull on either node.
  const part = unlinked(rows * columns, logits, 2 * scale);
  gemm(rows, dim, columns, logits, false, zj, false, di, true, workspace);
  if (dj == 0) return part;
  gemm(columns, dim, rows, logits, true, zi, false, dj, true, workspace);
  return 2 * part;
}

/** Sum of softplus(l); replaces each l by `scale` sigmoid(l). */
function unlinked(count: i32, logits: usize, scale: f32): f64 {
  const one = f32x4.splat(1);
  const factor = f32x4.splat(scale);
  const end = element(logits, count);
  const vectorEnd = element(logits, count & ~3);
  let sum: f64 = 0;
  while (logits < end) {
    const lanes = logits < vectorEnd ? VECTOR : FLOAT;
    const blockEnd = lanes == VECTOR ? min(logits + 64 * VECTOR, vectorEnd) : end;
    let part = f32x4.splat(0);
    for (; logits < blockEnd; logits += lanes) {
      const l = loadLanes(logits, lanes);
      const e = Lanes.exp(f32x4.neg(f32x4.abs(l)));
      const whole = f32x4.add(one, e);
      let soft = f32x4.add(f32x4.max(l, f32x4.splat(0)), Lanes.log1pFinite(e));
      if (lanes == FLOAT) soft = f32x4.replace_lane(f32x4.splat(0), 0, f32x4.extract_lane(soft, 0));
      part = f32x4.add(part, soft);
      const numerator = v128.bitselect(e, one, f32x4.lt(l, f32x4.splat(0)));
      storeLanes(logits, f32x4.mul(factor, f32x4.div(numerator, whole)), lanes);
    }
    sum +=
      <f64>f32x4.extract_lane(part, 0) +
      <f64>f32x4.extract_lane(part, 1) +
      <f64>f32x4.extract_lane(part, 2) +
      <f64>f32x4.extract_lane(part, 3);
  }
  return sum;
}

/** What the links add to loss and gradient: t ((w - 1) softplus(l) - w l). */
export function graphReconstructionLinks(
  n: i32,
  dim: i32,
  z: usize,
  indptr: usize,
  indices: usize,
  targets: usize,
  positiveWeight: f32,
  scale: f32,
  gradient: usize,
): f64 {
  const rowBytes = <usize>dim * FLOAT;
  let sum: f64 = 0;
  for (let i = 0; i < n; i++) {
    const end = load<i32>(element(indptr, i + 1));
    const zi = z + <usize>i * rowBytes;
    for (let entry = load<i32>(element(indptr, i)); entry < end; entry++) {
      const j = <usize>load<i32>(element(indices, entry));
      const target = load<f32>(element(targets, entry));
      const l = f32x4.splat(dot(dim, zi, z + j * rowBytes));
      const soft = f32x4.extract_lane(Lanes.softplus(l), 0);
      const slope = f32x4.extract_lane(Lanes.sigmoid(l), 0);
      const excess = positiveWeight - 1;
      sum += <f64>(target * (excess * soft - positiveWeight * f32x4.extract_lane(l, 0)));
      const pull = scale * target * (excess * slope - positiveWeight);
      addScaled(dim, z + j * rowBytes, pull, gradient + <usize>i * rowBytes);
      addScaled(dim, zi, pull, gradient + j * rowBytes);
    }
  }
  return sum;
}

function dot(count: i32, a: usize, b: usize): f32 {
  const end = element(a, count);
  const vectorEnd = element(a, count & ~3);
  let sum = f32x4.splat(0);
  for (; a < vectorEnd; a += VECTOR, b += VECTOR) {
    sum = f32x4.add(sum, f32x4.mul(v128.load(a), v128.load(b)));
  }
  for (; a < end; a += FLOAT, b += FLOAT) {
    sum = f32x4.add(sum, f32x4.mul(v128.load32_zero(a), v128.load32_zero(b)));
  }
  return (
    f32x4.extract_lane(sum, 0) +
    f32x4.extract_lane(sum, 1) +
    f32x4.extract_lane(sum, 2) +
    f32x4.extract_lane(sum, 3)
  );
}

function addScaled(count: i32, from: usize, factor: f32, to: usize): void {
  const end = element(from, count);
  const vectorEnd = element(from, count & ~3);
  const scale = f32x4.splat(factor);
  while (from < end) {
    const lanes = from < vectorEnd ? VECTOR : FLOAT;
    storeLanes(
      to,
      f32x4.add(loadLanes(to, lanes), f32x4.mul(scale, loadLanes(from, lanes))),
      lanes,
    );
    from += lanes;
    to += lanes;
  }
}
