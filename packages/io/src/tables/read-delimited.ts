import {
  AnnData,
  booleanColumn,
  CsrMatrix,
  numericColumn,
  stringColumn,
  Table,
  type Column,
} from '@dance-ts/core';
import { GrowingArray } from '../matrix-market/triplets.js';
import type { OrientationOptions } from '../matrix-market/read-matrix-market.js';
import type { ByteSource } from '../storage/byte-storage.js';
import type { ReadOptions } from '../storage/read-options.js';
import { excerpt, TextFile } from '../text/text-file.js';
import { sniffDelimiter, splitLine } from './split-line.js';

/** Options of the readers of CSV, TSV and other delimited texts. */
export interface DelimitedOptions extends ReadOptions {
  /** What separates fields; default the one of tab, comma and semicolon the first line has most. */
  readonly delimiter?: string | undefined;
  /** Whether the first line names the columns; default true unless it holds numbers only. */
  readonly header?: boolean | undefined;
  /**
   * Whether the first field of each line names the row; default true if the header is one field
   * shorter than the lines or begins with an empty field, or the first field is no number.
   */
  readonly rowNames?: boolean | undefined;
}

/** Bytes that a text takes beside its characters. */
const TEXT_BYTES = 48;
const MISSING = new Set(['', 'NA', 'NaN', 'nan', 'NAN', 'null', 'None']);

/** One line's row name and fields, with the line's number for messages. */
interface Row {
  readonly line: number;
  readonly name: string | undefined;
  readonly fields: readonly string[];
}

/** Names of the columns as far as the file tells them, and its rows one by one. */
interface Layout {
  header: readonly string[] | undefined;
  hasRowNames: boolean;
  indexName: string | undefined;
}

/**
 * Reads a matrix of numbers from CSV, TSV or the like, plain or gzip, as CSR. Rows of the file are
 * cells and columns genes; with `transpose` it is the other way round. Missing values (`NA`, `NaN`)
 * become NaN. The source is closed afterwards.
 *
 * @throws FormatError naming file and line, if a line has another number of fields than the first or
 * a field is no number
 */
export async function readDelimitedMatrixSource(
  source: ByteSource,
  options: DelimitedOptions & OrientationOptions = {},
): Promise<AnnData> {
  try {
    const file = new TextFile(source, options);
    const layout = emptyLayout();
    const names: string[] = [];
    const indptr = new GrowingArray(new Int32Array(0), file.budget, 'the row pointers');
    const indices = new GrowingArray(new Int32Array(0), file.budget, 'the entries');
    const values = new GrowingArray(new Float32Array(0), file.budget, 'the entries');
    indptr.push(0);
    let nCols = 0;
    for await (const { line, name, fields } of eachRow(file, options, layout)) {
      nCols = fields.length;
      if (name !== undefined) names.push(name);
      fields.forEach((field, j) => {
        const value = MISSING.has(field) && field !== '' ? NaN : toNumber(field);
        if (value === undefined) {
          throw file.invalid(line, `does not hold a number in field ${j + 1}`, {
            got: excerpt(field),
            expected: 'a matrix of numbers, with names in the first line and column at most',
          });
        }
        if (value === 0) return;
        indices.push(j);
        values.push(value);
      });
      indptr.push(values.length);
    }
    const columns = layout.header ?? undefined;
    const matrix = new CsrMatrix(
      indptr.length - 1,
      columns?.length ?? nCols,
      indptr.values(),
      indices.values(),
      values.values(),
    );
    const rowNames = layout.hasRowNames ? names : undefined;
    if (options.transpose !== true) return withNames(matrix, rowNames, columns);
    file.budget.claim(8 * matrix.nnz + 4 * matrix.nCols, 'the transposed matrix');
    return withNames(matrix.transpose(), columns, rowNames);
  } finally {
    source.close();
  }
}

/**
 * Reads a table of metadata from CSV, TSV or the like, plain or gzip. A column is numeric if all of
 * its values are (int64 if all are whole), boolean if all are true or false, text otherwise; `NA`
 * and empty fields are missing. Rows without names are numbered. The source is closed afterwards.
 *
 * @throws FormatError naming file and line, if a line has another number of fields than the first
 */
export async function readTableSource(
  source: ByteSource,
  options: DelimitedOptions = {},
): Promise<Table> {
  try {
    const file = new TextFile(source, options);
    const layout = emptyLayout();
    const names: string[] = [];
    const columns: string[][] = [];
    for await (const { line, name, fields } of eachRow(file, options, layout)) {
      names.push(name ?? String(names.length));
      file.budget.claim(TEXT_BYTES * fields.length, `the table up to line ${line}`);
      fields.forEach((field, j) => (columns[j] ??= []).push(field));
    }
    const header = layout.header ?? columns.map((_, j) => `column_${j}`);
    return new Table(
      names,
      header.map((name, j) => [name, inferColumn(columns[j] ?? [])] as const),
      layout.indexName ?? '_index',
    );
  } finally {
    source.close();
  }
}

function emptyLayout(): Layout {
  return { header: undefined, hasRowNames: false, indexName: undefined };
}

/** Rows of the file; `layout` is filled in before the first of them. */
async function* eachRow(
  file: TextFile,
  options: DelimitedOptions,
  layout: Layout,
): AsyncGenerator<Row, void, undefined> {
  let delimiter = options.delimiter;
  let first: string[] | undefined;
  let width: number | undefined;
  let line = 0;
  for await (const lines of file.lines()) {
    for (const text of lines) {
      line += 1;
      if (text === '') continue;
      delimiter ??= sniffDelimiter(text);
      const fields = splitLine(text, delimiter);
      if (first === undefined) {
        first = fields;
        if (options.header ?? fields.some((field) => toNumber(field) === undefined)) {
          layout.header = fields;
          continue;
        }
      }
      if (width === undefined) {
        width = fields.length;
        fixLayout(layout, fields, options, file, line);
      }
      if (fields.length !== width) {
        throw file.invalid(line, 'has another number of fields than those before it', {
          got: String(fields.length),
          expected: String(width),
        });
      }
      if (layout.hasRowNames) {
        file.budget.claim(2 * fields[0]!.length + TEXT_BYTES, 'the list of names');
        yield { line, name: fields[0]!, fields: fields.slice(1) };
      } else {
        yield { line, name: undefined, fields };
      }
    }
  }
  if (first === undefined) throw file.invalid(1, 'is missing: the file is empty');
  if (width === undefined) {
    throw file.invalid(line, 'is the header, and nothing follows it', {
      expected: 'a line for each row',
    });
  }
}

/** Decides which fields are names, from the header and the first line of values. */
function fixLayout(
  layout: Layout,
  fields: readonly string[],
  options: DelimitedOptions,
  file: TextFile,
  line: number,
): void {
  const { header } = layout;
  const isShifted = header !== undefined && header.length === fields.length - 1;
  layout.hasRowNames =
    isShifted || (options.rowNames ?? (header?.[0] === '' || toNumber(fields[0]!) === undefined));
  if (header === undefined) return;
  if (isShifted && header[0] === '') {
    throw file.invalid(1, 'begins with an empty name and is one field short', {
      got: `${header.length} fields`,
      expected: `${fields.length}, as the lines have that follow`,
      remedy: 'A name seems to be missing, or a delimiter to be lost.',
    });
  }
  if (!isShifted && header.length !== fields.length) {
    throw file.invalid(line, 'does not have as many fields as the header', {
      got: String(fields.length),
      expected: `${header.length}, or one more if the rows have names`,
    });
  }
  if (!layout.hasRowNames) return;
  if (isShifted) return;
  layout.indexName = header[0] === '' ? undefined : header[0];
  layout.header = header.slice(1);
}

const NUMBER = /^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$/;

/** A finite decimal number; undefined if it is none. */
function toNumber(field: string): number | undefined {
  if (field === '0') return 0;
  if (!NUMBER.test(field)) return undefined;
  const value = Number(field);
  return Number.isFinite(value) ? value : undefined;
}

function inferColumn(fields: readonly string[]): Column {
  const present = fields.filter((field) => !MISSING.has(field));
  if (present.length > 0 && present.every((field) => toNumber(field) !== undefined)) {
    const numbers = Float64Array.from(fields, (field) => toNumber(field) ?? NaN);
    return numericColumn(
      numbers,
      numbers.every((value) => Number.isSafeInteger(value)) ? 'int64' : 'float64',
    );
  }
  const isTruth = fields.length > 0 && fields.every((field) => /^(true|false)$/i.test(field));
  if (isTruth) return booleanColumn(fields.map((field) => field.toLowerCase() === 'true'));
  return stringColumn(fields.map((field) => (MISSING.has(field) ? null : field)));
}

function withNames(
  matrix: CsrMatrix,
  obsNames: readonly string[] | undefined,
  varNames: readonly string[] | undefined,
): AnnData {
  return AnnData.fromMatrix(matrix, {
    ...(obsNames === undefined ? {} : { obsNames }),
    ...(varNames === undefined ? {} : { varNames }),
  });
}
