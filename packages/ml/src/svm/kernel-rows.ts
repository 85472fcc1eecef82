import { DenseMatrix, type CsrMatrix, type Matrix } from '@dance-ts/core';
import type { Kernels } from '@dance-ts/kernels';

/** Kernel function of a support vector machine. */
export interface KernelFunction {
  /** x.z, or exp(-gamma |x - z|^2). */
  readonly kernel: 'linear' | 'rbf';
  readonly gamma: number;
}

/** Rows of the kernel matrix between two sets of points, `[rows of a, rows of b]`, in blocks. */
export class KernelProduct {
  private readonly squaresA: Float64Array;
  private readonly squaresB: Float64Array;

  constructor(
    private readonly a: Matrix,
    private readonly b: Matrix,
    private readonly f: KernelFunction,
    private readonly kernels: Kernels,
  ) {
    this.squaresA = rowSquares(a);
    this.squaresB = rowSquares(b);
  }

  /** `out[count, b.nRows]` = rows `start ..` of the kernel matrix. */
  rows(start: number, count: number, out: Float32Array): void {
    const { a, b, f, kernels } = this;
    const nB = b.nRows;
    const values = out.subarray(0, count * nB);
    if (f.kernel === 'rbf' && a.kind === 'dense' && b.kind === 'dense') {
      const part = a.data.subarray(start * a.nCols, (start + count) * a.nCols);
      kernels.squaredDistances({
        a: part,
        nA: count,
        b: b.data,
        nB,
        dim: a.nCols,
        out: values,
      });
    } else {
      this.dots(start, count, values);
      if (f.kernel === 'linear') return;
      for (let e = 0; e < values.length; e++) {
        const squares = this.squaresA[start + Math.floor(e / nB)]! + this.squaresB[e % nB]!;
        values[e] = Math.max(0, squares - 2 * values[e]!);
      }
    }
    for (let e = 0; e < values.length; e++) values[e] = Math.exp(-f.gamma * values[e]!);
  }

  private dots(start: number, count: number, out: Float32Array): void {
    const { a, b, kernels } = this;
    const rows = denseRows(a, start, count);
    if (b.kind === 'dense') {
      kernels.gemm({
        m: count,
        n: b.nRows,
        k: a.nCols,
        a: rows.data,
        b: b.data,
        transposeB: true,
        out,
      });
      return;
    }
    const products = new Float32Array(b.nRows * count);
    const { indptr, indices, data: values, nRows } = b;
    const x = rows.transpose().data;
    kernels.spmm({ nRows, indptr, indices, values, x, width: count, out: products });
    out.set(new DenseMatrix(b.nRows, count, products).transpose().data);
  }
}

/** A block of rows as a dense matrix; blocks are small, so a sparse matrix stays sparse. */
function denseRows(X: Matrix, start: number, count: number): DenseMatrix {
  const rows = Int32Array.from({ length: count }, (_, r) => start + r);
  return X.selectRows(rows).toDense();
}

function rowSquares(X: Matrix): Float64Array {
  const squares = new Float64Array(X.nRows);
  for (let i = 0; i < X.nRows; i++) {
    const values = X.kind === 'csr' ? (X satisfies CsrMatrix).row(i).data : X.row(i);
    for (const value of values) squares[i]! += value * value;
  }
  return squares;
}

/**
 * Rows of the kernel matrix of a set of points with itself, computed when first asked for; those
 * used last are kept as far as `cacheBytes` goes (at least two).
 */
export class KernelRows {
  private readonly rows = new Map<number, Float32Array>();
  private readonly capacity: number;

  /** [n] the diagonal */
  readonly diagonal: Float64Array;

  constructor(
    private readonly product: KernelProduct,
    X: Matrix,
    f: KernelFunction,
    cacheBytes: number,
  ) {
    this.capacity = Math.max(2, Math.floor(cacheBytes / (4 * X.nRows)));
    this.diagonal = f.kernel === 'rbf' ? new Float64Array(X.nRows).fill(1) : rowSquares(X);
  }

  /** Whether all rows fit, so that they can be computed in blocks beforehand. */
  get holdsAll(): boolean {
    return this.capacity >= this.diagonal.length;
  }

  /** Computes and keeps rows `start .. start + count - 1`. */
  prepare(start: number, count: number): void {
    const n = this.diagonal.length;
    const block = new Float32Array(count * n);
    this.product.rows(start, count, block);
    for (let r = 0; r < count; r++) this.rows.set(start + r, block.subarray(r * n, (r + 1) * n));
  }

  /** Row i, [n]. */
  row(i: number): Float32Array {
    const kept = this.rows.get(i);
    if (kept !== undefined) {
      if (!this.holdsAll) this.touch(i, kept);
      return kept;
    }
    const row = new Float32Array(this.diagonal.length);
    this.product.rows(i, 1, row);
    if (this.rows.size >= this.capacity) this.dropOldest();
    this.rows.set(i, row);
    return row;
  }

  private touch(i: number, row: Float32Array): void {
    this.rows.delete(i);
    this.rows.set(i, row);
  }

  private dropOldest(): void {
    for (const oldest of this.rows.keys()) {
      this.rows.delete(oldest);
      return;
    }
  }
}
