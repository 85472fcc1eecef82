import { DenseMatrix, type Matrix } from '@dance-ts/core';
import { NumberScanner } from '../text/number-scanner.js';
import { excerpt, type TextFile } from '../text/text-file.js';
import { compressTriplets, GrowingArray } from './triplets.js';

const PERCENT = 0x25;
const NEWLINE = 0x0a;
const MAX_SIZE = 2 ** 31 - 1;

const FIELDS = ['integer', 'real', 'double', 'pattern'] as const;
const SYMMETRIES = ['general', 'symmetric', 'skew-symmetric'] as const;

/** What the first line of a Matrix Market file says. */
interface Banner {
  readonly format: 'coordinate' | 'array';
  readonly field: (typeof FIELDS)[number];
  readonly symmetry: (typeof SYMMETRIES)[number];
}

/** What the line of sizes says. */
interface Sizes {
  readonly nRows: number;
  readonly nCols: number;
  /** Entries that the file lists. */
  readonly count: number;
}

/** Takes the lines of a Matrix Market file block by block and makes the matrix of them. */
export class MatrixMarketParser {
  private line = 0;
  private banner: Banner | undefined;
  private sizes: Sizes | undefined;
  private entriesSeen = 0;
  private readonly rows: GrowingArray<Int32Array>;
  private readonly cols: GrowingArray<Int32Array>;
  private readonly values: GrowingArray<Float32Array>;

  /**
   * @param file - for messages and its memory budget
   * @param checkSizes - called with rows and columns before any entry is read
   */
  constructor(
    private readonly file: TextFile,
    private readonly checkSizes: (nRows: number, nCols: number) => void = () => undefined,
  ) {
    this.rows = new GrowingArray(new Int32Array(0), file.budget, 'the entries');
    this.cols = new GrowingArray(new Int32Array(0), file.budget, 'the entries');
    this.values = new GrowingArray(new Float32Array(0), file.budget, 'the entries');
  }

  /**
   * Takes some whole lines.
   *
   * @throws FormatError naming the first line that is wrong
   */
  push(bytes: Uint8Array): void {
    const scanner = new NumberScanner(bytes);
    while (!scanner.isAtEnd) {
      this.line += 1;
      if (this.banner === undefined) {
        this.banner = this.parseBanner(scanner.rest());
        continue;
      }
      const first = scanner.peek();
      if (first === PERCENT || first === NEWLINE || first === 0) {
        const rest = scanner.rest();
        if (first === 0 && rest !== '') throw this.file.invalid(this.line, 'holds binary data');
      } else if (this.sizes === undefined) {
        this.sizes = this.parseSizes(scanner, this.banner);
      } else {
        this.parseEntry(scanner, this.banner, this.sizes);
      }
    }
  }

  /**
   * The matrix as it stands in the file, or transposed.
   *
   * @throws FormatError if the file ended too early
   */
  finish(transpose: boolean): Matrix {
    const { banner, sizes } = this;
    if (banner === undefined || sizes === undefined || this.entriesSeen < sizes.count) {
      throw this.file.invalid(this.line, 'is the last, but the matrix is not complete', {
        got: sizes === undefined ? 'no sizes' : `${this.entriesSeen} entries`,
        expected: sizes === undefined ? 'a Matrix Market file' : String(sizes.count),
        remedy: 'The file seems to be cut short: get it again.',
      });
    }
    return banner.format === 'array'
      ? this.arrange(banner, sizes, transpose)
      : this.compress(sizes, transpose);
  }

  private parseBanner(text: string): Banner {
    const [head, object, format, field, symmetry, ...more] = text.toLowerCase().split(/\s+/);
    if (head !== '%%matrixmarket') {
      throw this.file.invalid(1, 'is not that of a Matrix Market file', {
        got: excerpt(text),
        expected: '%%MatrixMarket matrix coordinate integer general, or the like',
        remedy: 'Check that the right file was named.',
      });
    }
    const knownField = FIELDS.find((each) => each === field);
    const knownSymmetry = SYMMETRIES.find((each) => each === symmetry);
    const isFormat = format === 'coordinate' || format === 'array';
    const isPatternArray = format === 'array' && field === 'pattern';
    if (
      object !== 'matrix' ||
      !isFormat ||
      isPatternArray ||
      knownField === undefined ||
      knownSymmetry === undefined ||
      more.length > 0
    ) {
      throw this.file.invalid(1, 'describes a matrix that cannot be read', {
        got: excerpt(text),
        expected: `matrix, coordinate or array, ${FIELDS.join(' or ')}, ${SYMMETRIES.join(' or ')}`,
      });
    }
    return { format, field: knownField, symmetry: knownSymmetry };
  }

  private parseSizes(scanner: NumberScanner, banner: Banner): Sizes {
    const nRows = scanner.number();
    const nCols = scanner.number();
    const isArray = banner.format === 'array';
    const count = isArray ? arrayLength(nRows, nCols, banner) : scanner.number();
    const isValid = [nRows, nCols, ...(isArray ? [] : [count])].every(isSize);
    if (!scanner.endLine() || !isValid) {
      throw this.file.invalid(this.line, 'does not hold the sizes of the matrix', {
        got: `${nRows} ${nCols}${isArray ? '' : ` ${count}`}`,
        expected: isArray ? 'rows and columns' : 'rows, columns and entries, below 2^31',
      });
    }
    if (banner.symmetry !== 'general' && nRows !== nCols) {
      throw this.file.invalid(this.line, `says that a ${banner.symmetry} matrix is not square`, {
        got: `${nRows} x ${nCols}`,
      });
    }
    this.checkSizes(nRows, nCols);
    return { nRows, nCols, count };
  }

  private parseEntry(scanner: NumberScanner, banner: Banner, sizes: Sizes): void {
    this.entriesSeen += 1;
    if (this.entriesSeen > sizes.count) {
      throw this.file.invalid(this.line, 'holds one entry too many', {
        expected: `${sizes.count} entries, as the line of sizes says`,
      });
    }
    if (banner.format === 'array') {
      const value = scanner.number();
      this.assertEntry(scanner.endLine() && !Number.isNaN(value), 'one number');
      this.values.push(value);
      return;
    }
    const row = scanner.number();
    const col = scanner.number();
    const value = banner.field === 'pattern' ? 1 : scanner.number();
    const isPlaced = isPlace(row, sizes.nRows) && isPlace(col, sizes.nCols);
    this.assertEntry(
      scanner.endLine() && isPlaced && !Number.isNaN(value),
      `a row up to ${sizes.nRows}, a column up to ${sizes.nCols}` +
        (banner.field === 'pattern' ? '' : ' and a number'),
      `row ${row}, column ${col}, value ${value}`,
    );
    this.add(row - 1, col - 1, value);
    if (banner.symmetry !== 'general' && row !== col) {
      this.add(col - 1, row - 1, banner.symmetry === 'symmetric' ? value : -value);
    }
  }

  private assertEntry(isValid: boolean, expected: string, got?: string): void {
    if (isValid) return;
    throw this.file.invalid(this.line, 'is no valid entry', {
      ...(got === undefined ? {} : { got }),
      expected,
    });
  }

  private add(row: number, col: number, value: number): void {
    this.rows.push(row);
    this.cols.push(col);
    this.values.push(value);
  }

  private compress({ nRows, nCols }: Sizes, transpose: boolean): Matrix {
    const [rows, cols, values] = [this.rows.values(), this.cols.values(), this.values.values()];
    const { budget } = this.file;
    return transpose
      ? compressTriplets(nCols, nRows, { rows: cols, cols: rows, values }, budget)
      : compressTriplets(nRows, nCols, { rows, cols, values }, budget);
  }

  /** Values of an array stand column by column; of a symmetric one only the lower triangle. */
  private arrange({ symmetry }: Banner, { nRows, nCols }: Sizes, transpose: boolean): Matrix {
    this.file.budget.claim(4 * nRows * nCols, 'the matrix');
    const columns = DenseMatrix.zeros(nCols, nRows);
    const values = this.values.values();
    const skip = symmetry === 'skew-symmetric' ? 1 : 0;
    let next = 0;
    for (let j = 0; j < nCols; j++) {
      for (let i = symmetry === 'general' ? 0 : j + skip; i < nRows; i++) {
        const value = values[next++]!;
        columns.data[j * nRows + i] = value;
        if (symmetry !== 'general' && i !== j) columns.data[i * nRows + j] = skip ? -value : value;
      }
    }
    if (transpose) return columns;
    this.file.budget.claim(4 * nRows * nCols, 'the matrix');
    return columns.transpose();
  }
}

function arrayLength(nRows: number, nCols: number, { symmetry }: Banner): number {
  if (symmetry === 'general') return nRows * nCols;
  return (nRows * (nRows + (symmetry === 'symmetric' ? 1 : -1))) / 2;
}

function isSize(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= MAX_SIZE;
}

function isPlace(value: number, size: number): boolean {
  return value >= 1 && value <= size && value === (value | 0);
}
