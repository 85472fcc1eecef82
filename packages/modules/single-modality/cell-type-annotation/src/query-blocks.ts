import { DenseMatrix, type Matrix } from '@dance-ts/core';

/** What a model says of some cells. */
export interface Classified {
  /** [nCells] index of the label given to each cell, -1 where the model declines. */
  readonly codes: Int32Array;
  /** [nCells, nClasses] */
  readonly probabilities: DenseMatrix;
  /** [nCells] labels, where they can be others than the classes; those of the codes if left out. */
  readonly labels?: readonly (string | null)[];
}

/** The classification of a query, filled in block by block. */
export class QueryBlocks implements Classified {
  readonly codes: Int32Array;
  readonly probabilities: DenseMatrix;

  constructor(nCells: number, nClasses: number) {
    this.codes = new Int32Array(nCells).fill(-1);
    this.probabilities = DenseMatrix.zeros(nCells, nClasses);
  }

  /**
   * Takes over a block; a cell in which no known gene was counted gets no label, and all classes
   * are equally probable.
   */
  set(start: number, block: Classified, counts: Matrix): void {
    const { nCols: nClasses } = this.probabilities;
    this.probabilities.data.set(block.probabilities.data, start * nClasses);
    counts.rowSums().forEach((total, i) => {
      if (total === 0) this.probabilities.row(start + i).fill(1 / nClasses);
      else this.codes[start + i] = block.codes[i]!;
    });
  }
}

/** Index of the largest value of each row; the first of equal ones. */
export function argmaxOfRows(matrix: DenseMatrix): Int32Array {
  return Int32Array.from({ length: matrix.nRows }, (_, i) => {
    const row = matrix.row(i);
    let best = 0;
    for (let c = 1; c < row.length; c++) if (row[c]! > row[best]!) best = c;
    return best;
  });
}

/** Largest value of each row. */
export function largestOfRows(matrix: DenseMatrix): Float32Array {
  return Float32Array.from(argmaxOfRows(matrix), (c, i) => matrix.get(i, c));
}
