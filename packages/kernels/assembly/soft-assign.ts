import { Lanes } from './math';
import { Wide } from './reductions';
import { element, FLOAT, loadLanes, storeLanes, VECTOR } from './simd';
import { dotProduct, softmaxRow } from './softmax';

/**
 * `q[row, :]`: the normalized densities of Student's t distributions with `alpha` degrees of
 * freedom around the centers, at the points `z`; worked out from their logarithms.
 */
export function softAssign(
  rows: i32,
  clusters: i32,
  dim: i32,
  z: usize,
  centers: usize,
  alpha: f32,
  q: usize,
): void {
  const exponent = f32x4.splat(-(alpha + 1) / 2);
  const inverse = f32x4.splat(1 / alpha);
  for (let row = 0; row < rows; row++) {
    for (let cluster = 0; cluster < clusters; cluster++) {
      const distance = squaredDistance(dim, z, element(centers, cluster * dim));
      store<f32>(element(q, cluster), distance);
    }
    for (let cluster = 0; cluster < clusters;) {
      const lanes = cluster + 4 <= clusters ? VECTOR : FLOAT;
      const distances = loadLanes(element(q, cluster), lanes);
      const logDensity = f32x4.mul(exponent, Lanes.log1p(f32x4.mul(distances, inverse)));
      storeLanes(element(q, cluster), logDensity, lanes);
      cluster += <i32>(lanes / FLOAT);
    }
    softmaxRow(clusters, q, q);
    z = element(z, dim);
    q = element(q, clusters);
  }
}

function squaredDistance(dim: i32, a: usize, b: usize): f32 {
  let sum = f32x4.splat(0);
  for (let i = 0; i < dim;) {
    const lanes = i + 4 <= dim ? VECTOR : FLOAT;
    const difference = f32x4.sub(loadLanes(element(a, i), lanes), loadLanes(element(b, i), lanes));
    sum = f32x4.add(sum, f32x4.mul(difference, difference));
    i += <i32>(lanes / FLOAT);
  }
  return <f32>Wide.total(f64x2.add(Wide.low(sum), Wide.high(sum)));
}

/**
 * Gradients of {@link softAssign} by points and centers. With s = sum over j of dq q, every pair
 * has the weight w = -(alpha + 1) q (dq - s) / (alpha + d^2), and the point gets w (z - center).
 */
export function softAssignGradient(
  rows: i32,
  clusters: i32,
  dim: i32,
  dq: usize,
  q: usize,
  z: usize,
  centers: usize,
  alpha: f32,
  weights: usize,
  dz: usize,
  dCenters: usize,
): void {
  for (let row = 0; row < rows; row++) {
    const at = <usize>(row * clusters) * FLOAT;
    const point = element(z, row * dim);
    const mean = <f32>dotProduct(clusters, dq + at, q + at);
    for (let cluster = 0; cluster < clusters; cluster++) {
      const offset = at + <usize>cluster * FLOAT;
      const distance = squaredDistance(dim, point, element(centers, cluster * dim));
      const passed = load<f32>(q + offset) * (load<f32>(dq + offset) - mean);
      store<f32>(weights + offset, (-(alpha + 1) * passed) / (alpha + distance));
    }
    pullPoint(clusters, dim, point, centers, weights + at, element(dz, row * dim));
  }
  for (let cluster = 0; cluster < clusters; cluster++) {
    const center = element(centers, cluster * dim);
    const weight = element(weights, cluster);
    pullCenter(rows, clusters, dim, z, center, weight, element(dCenters, cluster * dim));
  }
}

/** `dz = sum over centers of weight (z - center)`. */
function pullPoint(
  clusters: i32,
  dim: i32,
  z: usize,
  centers: usize,
  weights: usize,
  dz: usize,
): void {
  for (let i = 0; i < dim;) {
    const lanes = i + 4 <= dim ? VECTOR : FLOAT;
    const point = loadLanes(element(z, i), lanes);
    let sum = f32x4.splat(0);
    let center = element(centers, i);
    for (let cluster = 0; cluster < clusters; cluster++, center = element(center, dim)) {
      const weight = v128.load32_splat(element(weights, cluster));
      const difference = f32x4.sub(point, loadLanes(center, lanes));
      sum = f32x4.add(sum, f32x4.mul(weight, difference));
    }
    storeLanes(element(dz, i), sum, lanes);
    i += <i32>(lanes / FLOAT);
  }
}

/** `dCenter = sum over points of weight (center - z)`, in float64. */
function pullCenter(
  rows: i32,
  clusters: i32,
  dim: i32,
  z: usize,
  center: usize,
  weights: usize,
  dCenter: usize,
): void {
  for (let i = 0; i < dim;) {
    const lanes = i + 4 <= dim ? VECTOR : FLOAT;
    const middle = loadLanes(element(center, i), lanes);
    let low = f64x2.splat(0);
    let high = low;
    let point = element(z, i);
    let weight = weights;
    for (let row = 0; row < rows; row++) {
      const difference = f32x4.sub(middle, loadLanes(point, lanes));
      const product = f32x4.mul(v128.load32_splat(weight), difference);
      low = Wide.addLow(low, product);
      high = Wide.addHigh(high, product);
      point = element(point, dim);
      weight = element(weight, clusters);
    }
    storeLanes(element(dCenter, i), Wide.narrow(low, high), lanes);
    i += <i32>(lanes / FLOAT);
  }
}
