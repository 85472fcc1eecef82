import { DataError, Pacer } from '@dance-ts/core';

/** Eigenpairs of a symmetric matrix, largest eigenvalue first. */
export interface SymmetricEigen {
  /** All eigenvalues, descending, [n]. */
  readonly values: Float64Array;
  /** Unit eigenvectors of the first `count` of them as rows, row-major, [count * n]. */
  readonly vectors: Float64Array;
}

/**
 * Eigendecomposition in float64: Householder tridiagonalization, then implicit QL with Wilkinson's
 * shift (Golub & Van Loan, Matrix Computations, 4th ed., 8.3). It pauses and forms only the
 * eigenvectors asked for, which ml-matrix's does not; 500 rows take about a second.
 *
 * @param matrix - [n * n], row-major; the lower triangle is used
 * @param count - how many eigenvectors to return
 * @throws DataError if the matrix holds NaN or infinite values; AbortError
 */
export async function symmetricEigen(
  matrix: Float64Array,
  n: number,
  count: number,
  pacer: Pacer,
): Promise<SymmetricEigen> {
  if (!matrix.every(Number.isFinite)) {
    throw new DataError('a symmetric matrix holds NaN or infinite values', {
      remedy: 'Check the data that it was computed from.',
    });
  }
  const { diagonal, offDiagonal, reflectors } = await tridiagonalize(matrix, n, pacer);
  const rotated = await diagonalize(diagonal, offDiagonal, pacer);
  const order = Array.from(diagonal.keys()).sort((a, b) => diagonal[b]! - diagonal[a]!);
  const vectors = new Float64Array(count * n);
  for (let c = 0; c < count; c++) {
    await pacer.tick();
    const vector = vectors.subarray(c * n, (c + 1) * n);
    vector.set(rotated[order[c]!]!);
    reflectBack(vector, reflectors);
  }
  return { values: Float64Array.from(order, (i) => diagonal[i]!), vectors };
}

interface Tridiagonal {
  readonly diagonal: Float64Array; // [n]
  readonly offDiagonal: Float64Array; // [n], entry i couples i and i + 1; the last is 0
  readonly reflectors: readonly Float64Array[]; // unit vectors, each over the last entries
}

/** T = H A H with H the product of the reflections I - 2 w w^T. */
async function tridiagonalize(matrix: Float64Array, n: number, pacer: Pacer): Promise<Tridiagonal> {
  const lower = Array.from({ length: n }, (_, i) => matrix.slice(i * n, i * n + i + 1));
  const diagonal = new Float64Array(n);
  const offDiagonal = new Float64Array(n);
  const reflectors: Float64Array[] = [];
  for (let k = 0; k < n; k++) {
    await pacer.tick();
    diagonal[k] = lower[k]![k]!;
    if (k === n - 1) break;
    const column = Float64Array.from({ length: n - k - 1 }, (_, i) => lower[k + 1 + i]![k]!);
    offDiagonal[k] = toReflector(column);
    reflectors.push(column);
    reflectBothSides(lower, k + 1, column);
  }
  return { diagonal, offDiagonal, reflectors };
}

/**
 * Replaces x by the unit vector w of the reflection that maps x to a multiple of the first axis.
 *
 * @returns that multiple
 */
function toReflector(x: Float64Array): number {
  const length = norm(x);
  if (length === 0) return 0;
  const target = x[0]! > 0 ? -length : length;
  x[0]! -= target;
  const scale = 1 / norm(x);
  for (let i = 0; i < x.length; i++) x[i]! *= scale;
  return target;
}

/** A := H A H on the trailing block that starts at `first`: A - w q^T - q w^T. */
function reflectBothSides(lower: readonly Float64Array[], first: number, w: Float64Array): void {
  const q = new Float64Array(w.length);
  for (let i = 0; i < w.length; i++) multiplyRow(lower[first + i]!, first, i, w, q);
  const half = dot(w, q); // w^T A w
  for (let i = 0; i < w.length; i++) q[i] = 2 * (q[i]! - half * w[i]!);
  for (let i = 0; i < w.length; i++) subtractOuterRow(lower[first + i]!, first, i, w, q);
}

/** Adds to q what row i of the lower triangle contributes to A w. */
function multiplyRow(
  row: Float64Array,
  first: number,
  i: number,
  w: Float64Array,
  q: Float64Array,
): void {
  const wi = w[i]!;
  let sum = row[first + i]! * wi;
  for (let j = 0; j < i; j++) {
    const value = row[first + j]!;
    sum += value * w[j]!;
    q[j]! += value * wi;
  }
  q[i]! += sum;
}

function subtractOuterRow(
  row: Float64Array,
  first: number,
  i: number,
  w: Float64Array,
  q: Float64Array,
): void {
  const wi = w[i]!;
  const qi = q[i]!;
  for (let j = 0; j <= i; j++) row[first + j]! -= wi * q[j]! + qi * w[j]!;
}

/** Most QL steps for one eigenvalue; two or three are usual. */
const MOST_STEPS = 100;

/**
 * Turns `diagonal` into the eigenvalues of the tridiagonal matrix, by QL steps.
 *
 * @returns the eigenvector of each, in the order of `diagonal`
 */
async function diagonalize(
  diagonal: Float64Array,
  offDiagonal: Float64Array,
  pacer: Pacer,
): Promise<readonly Float64Array[]> {
  const n = diagonal.length;
  const vectors = Array.from({ length: n }, (_, i) => {
    const axis = new Float64Array(n);
    axis[i] = 1;
    return axis;
  });
  const negligible = 2 ** -53 * largestRowSum(diagonal, offDiagonal);
  for (let first = 0; first < n; first++) {
    for (let step = 0; ; step++) {
      await pacer.tick();
      const last = blockEnd(offDiagonal, first, negligible);
      if (last === first) break;
      if (step === MOST_STEPS) throw new DataError('eigenvalues did not converge');
      stepQl(diagonal, offDiagonal, first, last, vectors);
    }
  }
  return vectors;
}

function largestRowSum(diagonal: Float64Array, offDiagonal: Float64Array): number {
  return diagonal.reduce((largest, value, i) => {
    const sum = Math.abs(offDiagonal[i - 1] ?? 0) + Math.abs(value) + Math.abs(offDiagonal[i]!);
    return Math.max(largest, sum);
  }, 0);
}

/** Last index of the block at `first` that no negligible off-diagonal entry splits. */
function blockEnd(offDiagonal: Float64Array, first: number, negligible: number): number {
  let last = first;
  while (last < offDiagonal.length - 1 && Math.abs(offDiagonal[last]!) > negligible) last += 1;
  return last;
}

/** One implicit QL step on the block first..last, a chase of rotations from its end upwards. */
function stepQl(
  d: Float64Array,
  e: Float64Array,
  first: number,
  last: number,
  vectors: readonly Float64Array[],
): void {
  let g = d[last]! - shiftOf(d[first]!, d[first + 1]!, e[first]!);
  let [sine, cosine, carried] = [1, 1, 0];
  for (let i = last - 1; i >= first; i--) {
    const f = sine * e[i]!;
    const b = cosine * e[i]!;
    const r = length2(f, g);
    e[i + 1] = r;
    if (r === 0) {
      // The chase ends early: an off-diagonal entry vanished by itself.
      d[i + 1]! -= carried;
      e[last] = 0;
      return;
    }
    sine = f / r;
    cosine = g / r;
    const shifted = d[i + 1]! - carried;
    const t = (d[i]! - shifted) * sine + 2 * cosine * b;
    carried = sine * t;
    d[i + 1] = shifted + carried;
    g = cosine * t - b;
    rotate(vectors[i]!, vectors[i + 1]!, cosine, sine);
  }
  d[first]! -= carried;
  e[first] = g;
  e[last] = 0;
}

/** Eigenvalue of [[a, b], [b, c]] that is nearer to a. */
function shiftOf(a: number, c: number, b: number): number {
  const half = (c - a) / (2 * b);
  const root = length2(half, 1);
  return a - b / (half + (half >= 0 ? root : -root));
}

function rotate(x: Float64Array, y: Float64Array, cosine: number, sine: number): void {
  for (let i = 0; i < x.length; i++) {
    const xi = x[i]!;
    const yi = y[i]!;
    y[i] = sine * xi + cosine * yi;
    x[i] = cosine * xi - sine * yi;
  }
}

/** v := H v, the reflections in reverse order; each acts on the last entries. */
function reflectBack(v: Float64Array, reflectors: readonly Float64Array[]): void {
  for (let k = reflectors.length - 1; k >= 0; k--) {
    const w = reflectors[k]!;
    const tail = v.subarray(v.length - w.length);
    const twice = 2 * dot(w, tail);
    for (let i = 0; i < w.length; i++) tail[i]! -= twice * w[i]!;
  }
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

function norm(x: Float64Array): number {
  return Math.sqrt(dot(x, x));
}

/** sqrt(a^2 + b^2); Math.hypot is slow and differs between engines in the last bit. */
function length2(a: number, b: number): number {
  return Math.sqrt(a * a + b * b);
}
