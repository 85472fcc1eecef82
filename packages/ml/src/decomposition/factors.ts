/**
 * Leading singular triplets of a matrix T with at least as many rows as columns, unsigned:
 * T = scores axes, cut to k.
 */
export interface TallFactors {
  readonly k: number;
  readonly nRows: number;
  readonly nCols: number;
  /** T V, that is, left vectors times singular values, row-major, [nRows * k]. */
  readonly scores: Float64Array;
  /** Right vectors as rows, row-major, [k * nCols]. */
  readonly axes: Float64Array;
  /** Singular values below this share of the largest are rounding errors of the method. */
  readonly negligible: number;
}

/** Leading singular triplets of a matrix, in float64. */
export interface Factors {
  /** Left singular vectors times singular values, row-major, [nRows * k]. */
  readonly scores: Float64Array;
  /** Singular values, descending, [k]. */
  readonly s: Float64Array;
  /** Right singular vectors as rows, row-major, [k * nCols]. */
  readonly axes: Float64Array;
}

/**
 * Factors of T, or of its transpose, with singular values as lengths of the scores (which keeps
 * more digits of the small ones than roots of eigenvalues), negligible components set to zero, and
 * the entry of each axis that is largest in size positive.
 */
export function finishFactors(tall: TallFactors, isTransposed: boolean): Factors {
  const { k, negligible } = tall;
  const s = columnLengths(tall.scores, k);
  for (let c = 0; c < k; c++) if (s[c]! <= negligible * s[0]!) s[c] = 0;
  const factors = isTransposed ? transposed(tall, s) : cutToRank(tall, s);
  makeLargestPositive(factors);
  return factors;
}

function cutToRank({ k, nCols, scores, axes }: TallFactors, s: Float64Array): Factors {
  s.forEach((length, c) => {
    if (length > 0) return;
    axes.fill(0, c * nCols, (c + 1) * nCols);
    for (let e = c; e < scores.length; e += k) scores[e] = 0;
  });
  return { scores, s, axes };
}

function transposed({ k, nRows, nCols, scores, axes }: TallFactors, s: Float64Array): Factors {
  const newScores = new Float64Array(nCols * k);
  const newAxes = new Float64Array(k * nRows);
  for (let c = 0; c < k; c++) {
    const inverse = s[c]! > 0 ? 1 / s[c]! : 0;
    for (let j = 0; j < nCols; j++) newScores[j * k + c] = axes[c * nCols + j]! * s[c]!;
    for (let i = 0; i < nRows; i++) newAxes[c * nRows + i] = scores[i * k + c]! * inverse;
  }
  return { scores: newScores, s, axes: newAxes };
}

function columnLengths(matrix: Float64Array, nCols: number): Float64Array {
  const squares = new Float64Array(nCols);
  for (let e = 0; e < matrix.length; e++) squares[e % nCols]! += matrix[e]! * matrix[e]!;
  return squares.map(Math.sqrt);
}

/** Entries this close to the largest count as equal, so that rounding does not choose the sign. */
const TIE = 1 - 1e-6;

function makeLargestPositive({ scores, s, axes }: Factors): void {
  const k = s.length;
  const nCols = axes.length / k;
  for (let c = 0; c < k; c++) {
    const axis = axes.subarray(c * nCols, (c + 1) * nCols);
    const largest = axis.reduce((size, value) => Math.max(size, Math.abs(value)), 0);
    const decisive = axis.find((value) => Math.abs(value) >= TIE * largest) ?? 0;
    if (decisive >= 0) continue;
    for (let j = 0; j < nCols; j++) axis[j]! *= -1;
    for (let e = c; e < scores.length; e += k) scores[e]! *= -1;
  }
}
