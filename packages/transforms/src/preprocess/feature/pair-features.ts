import { DataError, DenseMatrix, Pacer, type Matrix } from '@dance-ts/core';

/** Pairs of genes; of each pair the first one stands before the second. */
export interface GenePairs {
  /** [nPairs] column of the first gene. */
  readonly first: Int32Array;
  /** [nPairs] column of the second gene. */
  readonly second: Int32Array;
}

/** Names of pairs, `first&second`. */
export function pairNames({ first, second }: GenePairs, varNames: readonly string[]): string[] {
  return Array.from(first, (gene, p) => `${varNames[gene]!}&${varNames[second[p]!]!}`);
}

/**
 * Which pairs have more of their first gene than of their second, cell by cell: 1 or 0. Any
 * normalization that keeps the order of a cell's genes gives the same features, so raw counts of a
 * query serve as well as normalized ones.
 *
 * @param X - [nCells, nGenes]
 * @returns [nCells, nPairs], 4 bytes each
 * @throws DataError if a pair names a column that X does not have; AbortError
 */
export async function pairFeatures(
  X: Matrix,
  pairs: GenePairs,
  signal?: AbortSignal,
): Promise<DenseMatrix> {
  const { first, second } = pairs;
  const last = Math.max(maximum(first), maximum(second));
  if (last >= X.nCols) {
    throw new DataError('a pair of genes lies outside the matrix', {
      got: `column ${last} of ${X.nCols}`,
      remedy: 'Give the genes the pairs were chosen from, in the same order.',
    });
  }
  const pacer = new Pacer(signal);
  const features = DenseMatrix.zeros(X.nRows, first.length);
  const cell = new CellReader(X);
  for (let i = 0; i < X.nRows; i++) {
    if (i % 64 === 0) await pacer.tick();
    const values = cell.read(i);
    const row = features.row(i);
    for (let p = 0; p < row.length; p++) {
      if (values[first[p]!]! > values[second[p]!]!) row[p] = 1;
    }
  }
  return features;
}

/** Reads cells of either kind of matrix as dense rows, one at a time. */
export class CellReader {
  private readonly buffer: Float32Array;
  private written: Int32Array = new Int32Array(0);

  constructor(private readonly X: Matrix) {
    this.buffer = new Float32Array(X.kind === 'csr' ? X.nCols : 0);
  }

  /** [nGenes] values of cell `i`, valid until the next call. */
  read(i: number): Float32Array {
    if (this.X.kind === 'dense') return this.X.row(i);
    for (const gene of this.written) this.buffer[gene] = 0;
    const { indices, data } = this.X.row(i);
    for (let e = 0; e < data.length; e++) this.buffer[indices[e]!] = data[e]!;
    this.written = indices;
    return this.buffer;
  }
}

function maximum(values: Int32Array): number {
  return values.reduce((most, value) => Math.max(most, value), -1);
}
