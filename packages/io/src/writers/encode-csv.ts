import { columnValue, Table, type AnnData } from '@dance-ts/core';
import { encodeLines, type TextWriteOptions } from './text-bytes.js';

/** Options of the writer of CSV. */
export interface CsvOptions extends TextWriteOptions {
  /** What separates fields; default a comma. */
  readonly delimiter?: string | undefined;
}

/**
 * A table, or X of annotated data with cells as rows, as the bytes of a CSV file with names in the
 * first line and column. Missing values are empty in a table and `NaN` in a matrix. Values keep
 * their Float32 precision.
 */
export async function encodeCsv(
  data: AnnData | Table,
  options: CsvOptions = {},
): Promise<Uint8Array> {
  const delimiter = options.delimiter ?? ',';
  const lines = data instanceof Table ? tableLines(data) : matrixLines(data);
  return encodeLines(joinFields(lines, delimiter), options);
}

function* joinFields(lines: Iterable<readonly string[]>, delimiter: string): Generator<string> {
  for (const fields of lines) {
    yield fields.map((field) => quote(field, delimiter)).join(delimiter);
  }
}

function* tableLines(table: Table): Generator<readonly string[]> {
  const indexName = table.indexName === '_index' ? '' : table.indexName;
  yield [indexName, ...table.columnNames];
  const columns = [...table.entries()].map(([, column]) => column);
  for (const [i, name] of table.index.entries()) {
    yield [
      name,
      ...columns.map((column) => {
        const value = columnValue(column, i);
        return value === null || Number.isNaN(value) ? '' : String(value);
      }),
    ];
  }
}

function* matrixLines(data: AnnData): Generator<readonly string[]> {
  yield ['', ...data.varNames];
  const { X } = data;
  for (const [i, name] of data.obsNames.entries()) {
    const fields = new Array<string>(data.nVars).fill('0');
    if (X.kind === 'csr') {
      const row = X.row(i);
      row.indices.forEach((j, e) => (fields[j] = String(row.data[e]!)));
    } else {
      X.row(i).forEach((value, j) => (fields[j] = String(value)));
    }
    yield [name, ...fields];
  }
}

function quote(field: string, delimiter: string): string {
  const mustQuote = field.includes(delimiter) || /["\r\n]/.test(field);
  return mustQuote ? `"${field.replaceAll('"', '""')}"` : field;
}
