import { Pacer, type CsrMatrix, type Matrix } from '@dance-ts/core';
import { checkCentering, type CenteringOptions } from './centering.js';
import { finishFactors, type Factors } from './factors.js';
import { symmetricEigen } from './symmetric-eigen.js';

/** The Gram matrix squares the singular values, so below this share they are rounding errors. */
const NEGLIGIBLE = 1e-9;

/**
 * Leading singular triplets of the centered and scaled X from the eigenvectors of its Gram matrix,
 * all in float64. With d the smaller and n the larger side: O(n d^2 + d^3) time, 8 d^2 bytes; rows
 * are centered one at a time, a sparse matrix is never made dense as a whole.
 *
 * @throws DataError unless mean and scale fit; AbortError
 */
export async function exactFactors(
  X: Matrix,
  k: number,
  centering: CenteringOptions,
  signal: AbortSignal | undefined,
): Promise<Factors> {
  checkCentering(X.nCols, centering);
  const pacer = new Pacer(signal);
  const isTransposed = X.nRows < X.nCols;
  const rows = isTransposed
    ? new ScaledRows(X.transpose(), perRow(centering))
    : new ScaledRows(X, perColumn(centering));
  const { nRows, nCols } = rows;
  const gram = await gramMatrix(rows, pacer);
  const { vectors: axes } = await symmetricEigen(gram, nCols, k, pacer);
  const scores = await project(rows, axes, k, pacer);
  return finishFactors({ k, nRows, nCols, scores, axes, negligible: NEGLIGIBLE }, isTransposed);
}

/** Centers and scales row i in place. */
type RowScaler = (row: Float64Array, i: number) => void;

/** Rows of a matrix as float64, centered and scaled when read. */
class ScaledRows {
  readonly nRows: number;
  readonly nCols: number;

  constructor(
    private readonly matrix: Matrix,
    private readonly scaleRow: RowScaler,
  ) {
    this.nRows = matrix.nRows;
    this.nCols = matrix.nCols;
  }

  read(i: number, row: Float64Array): void {
    if (this.matrix.kind === 'dense') row.set(this.matrix.row(i));
    else expand(this.matrix, i, row);
    this.scaleRow(row, i);
  }
}

function expand(matrix: CsrMatrix, i: number, row: Float64Array): void {
  row.fill(0);
  for (let e = matrix.indptr[i]!; e < matrix.indptr[i + 1]!; e++) {
    row[matrix.indices[e]!] = matrix.data[e]!;
  }
}

function perColumn({ mean, scale }: CenteringOptions): RowScaler {
  return (row) => {
    if (mean !== undefined) for (let j = 0; j < row.length; j++) row[j]! -= mean[j]!;
    if (scale !== undefined) for (let j = 0; j < row.length; j++) row[j]! /= scale[j]!;
  };
}

/** For the transposed matrix, whose rows are the columns that the centering speaks of. */
function perRow({ mean, scale }: CenteringOptions): RowScaler {
  return (row, i) => {
    const shift = mean?.[i] ?? 0;
    const divisor = scale?.[i] ?? 1;
    for (let j = 0; j < row.length; j++) row[j] = (row[j]! - shift) / divisor;
  };
}

/** Rows added to the Gram matrix at once; each pass over it is then used four times. */
const BATCH = 4;

/** T^T T, [nCols * nCols], the lower triangle only. */
async function gramMatrix(rows: ScaledRows, pacer: Pacer): Promise<Float64Array> {
  const { nRows, nCols } = rows;
  const gram = new Float64Array(nCols * nCols);
  const batch = Array.from({ length: BATCH }, () => new Float64Array(nCols));
  for (let i = 0; i < nRows; i += BATCH) {
    await pacer.tick();
    batch.forEach((row, r) => {
      if (i + r < nRows) rows.read(i + r, row);
      else row.fill(0);
    });
    addOuterProducts(gram, batch);
  }
  return gram;
}

function addOuterProducts(gram: Float64Array, batch: readonly Float64Array[]): void {
  const [r0, r1, r2, r3] = [batch[0]!, batch[1]!, batch[2]!, batch[3]!];
  const n = r0.length;
  for (let a = 0; a < n; a++) {
    const [x0, x1, x2, x3] = [r0[a]!, r1[a]!, r2[a]!, r3[a]!];
    for (let b = 0; b <= a; b++) {
      gram[a * n + b]! += x0 * r0[b]! + x1 * r1[b]! + x2 * r2[b]! + x3 * r3[b]!;
    }
  }
}

/** T V, [nRows * k], for V with the given rows. */
async function project(
  rows: ScaledRows,
  axes: Float64Array,
  k: number,
  pacer: Pacer,
): Promise<Float64Array> {
  const { nRows, nCols } = rows;
  const scores = new Float64Array(nRows * k);
  const row = new Float64Array(nCols);
  for (let i = 0; i < nRows; i++) {
    await pacer.tick();
    rows.read(i, row);
    for (let c = 0; c < k; c++) scores[i * k + c] = dot(row, axes, c * nCols);
  }
  return scores;
}

function dot(row: Float64Array, axes: Float64Array, offset: number): number {
  let sum = 0;
  for (let j = 0; j < row.length; j++) sum += row[j]! * axes[offset + j]!;
  return sum;
}
