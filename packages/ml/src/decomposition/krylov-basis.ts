import { DenseMatrix } from '@dance-ts/core';
import type { Kernels } from '@dance-ts/kernels';
import { crossProduct, gramMatrix } from './float64-products.js';

/**
 * Orthonormal blocks of a growing subspace V, their images A V, and the Gram matrix of these,
 * V^T A^T A V, whose eigenvectors give the best approximations of singular vectors in the subspace.
 */
export class KrylovBasis {
  /** Blocks of V, each [nCols of A, its width]. */
  readonly blocks: DenseMatrix[] = [];
  /** Columns of V. */
  size = 0;
  private readonly images: DenseMatrix[] = [];
  private readonly gram: Float64Array; // [capacity * capacity]

  /**
   * @param capacity - the most columns
   * @param kernels - for the rotations
   */
  constructor(
    private readonly capacity: number,
    private readonly kernels: Kernels,
  ) {
    this.gram = new Float64Array(capacity * capacity);
  }

  /**
   * Adds the next Krylov block, orthonormal and orthogonal to those there are, and its image under
   * A. As A^T A takes a block into the span of those up to the next one, its image is orthogonal to
   * all others but the last.
   */
  append(block: DenseMatrix, image: DenseMatrix): void {
    const last = this.images.at(-1);
    if (last !== undefined) {
      this.setGram(this.size - last.nCols, this.size, crossProduct(last, image), image.nCols);
    }
    this.setGram(this.size, this.size, gramMatrix(image), image.nCols);
    this.blocks.push(block);
    this.images.push(image);
    this.size += block.nCols;
  }

  /** The Gram matrix of A V, row-major, [size * size]. */
  gramMatrix(): Float64Array {
    const { size, capacity } = this;
    const compact = new Float64Array(size * size);
    for (let a = 0; a < size; a++) {
      compact.set(this.gram.subarray(a * capacity, a * capacity + size), a * size);
    }
    return compact;
  }

  /**
   * V S for the first `count` eigenvectors.
   *
   * @param vectors - eigenvectors of the Gram matrix as rows, [at least count * size]
   */
  rotated(vectors: Float64Array, count: number): DenseMatrix {
    return this.combine(this.blocks, vectors, count);
  }

  /** Keeps the span of the first eigenvectors only. */
  restart(values: Float64Array, vectors: Float64Array, count: number): void {
    const block = this.combine(this.blocks, vectors, count);
    const image = this.combine(this.images, vectors, count);
    this.blocks.splice(0, Infinity, block);
    this.images.splice(0, Infinity, image);
    this.size = count;
    this.gram.fill(0);
    for (let a = 0; a < count; a++) this.gram[a * this.capacity + a] = values[a]!;
  }

  private combine(blocks: readonly DenseMatrix[], vectors: Float64Array, k: number): DenseMatrix {
    const nRows = blocks[0]?.nRows ?? 0;
    const combined = DenseMatrix.zeros(nRows, k);
    let first = 0;
    for (const block of blocks) {
      const weights = new Float32Array(block.nCols * k);
      for (let a = 0; a < block.nCols; a++) {
        for (let c = 0; c < k; c++) weights[a * k + c] = vectors[c * this.size + first + a]!;
      }
      const sizes = { m: nRows, n: k, k: block.nCols };
      const out = combined.data;
      this.kernels.gemm({ ...sizes, a: block.data, b: weights, out, accumulate: true });
      first += block.nCols;
    }
    return combined;
  }

  /** Writes a block of products and its mirror image. */
  private setGram(row: number, column: number, products: Float64Array, width: number): void {
    for (let e = 0; e < products.length; e++) {
      const a = row + Math.floor(e / width);
      const b = column + (e % width);
      this.gram[a * this.capacity + b] = products[e]!;
      this.gram[b * this.capacity + a] = products[e]!;
    }
  }
}
