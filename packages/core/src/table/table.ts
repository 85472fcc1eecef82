import { checkIndex } from '../checks.js';
import { DataError } from '../errors.js';
import { columnLength, copyColumn, selectColumnRows, type Column } from './column.js';

/** Named rows with typed columns, in the order they were added (a data frame). */
export class Table {
  private readonly columns = new Map<string, Column>();
  private position: Map<string, number> | undefined;

  /**
   * @param index - row names (cell barcodes, gene symbols); duplicates are allowed
   * @param columns - name and column pairs
   * @param indexName - name of the index, as in the file it came from
   * @throws {@link DataError} if a column has another length than the index
   */
  constructor(
    readonly index: readonly string[],
    columns: Iterable<readonly [string, Column]> = [],
    readonly indexName = '_index',
  ) {
    for (const [name, column] of columns) this.set(name, column);
  }

  /** Table with `n` rows named `prefix_00000` and so on. */
  static withGeneratedIndex(n: number, prefix: string): Table {
    const width = Math.max(5, String(n - 1).length);
    return new Table(
      Array.from({ length: n }, (_, i) => `${prefix}_${String(i).padStart(width, '0')}`),
    );
  }

  /** Number of rows. */
  get nRows(): number {
    return this.index.length;
  }

  /** Column names in order. */
  get columnNames(): readonly string[] {
    return [...this.columns.keys()];
  }

  /** True if there is a column of that name. */
  has(name: string): boolean {
    return this.columns.has(name);
  }

  /** The column, or undefined. */
  find(name: string): Column | undefined {
    return this.columns.get(name);
  }

  /**
   * The column.
   *
   * @throws {@link DataError} naming the columns there are
   */
  get(name: string): Column {
    const column = this.columns.get(name);
    if (column === undefined) {
      throw new DataError(`there is no column "${name}"`, {
        expected: this.columns.size === 0 ? 'a table with columns' : `one of ${this.listColumns()}`,
      });
    }
    return column;
  }

  /**
   * Adds or replaces a column and returns the table.
   *
   * @throws {@link DataError} if its length is not the number of rows
   */
  set(name: string, column: Column): this {
    if (columnLength(column) !== this.nRows) {
      throw new DataError(`column "${name}" does not fit its table`, {
        got: `${columnLength(column)} values`,
        expected: `${this.nRows}`,
      });
    }
    this.columns.set(name, column);
    return this;
  }

  /** Removes a column, if it is there. */
  delete(name: string): void {
    this.columns.delete(name);
  }

  /** Name and column pairs in order. */
  entries(): IterableIterator<[string, Column]> {
    return this.columns.entries();
  }

  /** Row number of a name (the first one, if it occurs twice), or -1. */
  indexOf(rowName: string): number {
    if (this.position === undefined) {
      this.position = new Map();
      for (let i = this.index.length - 1; i >= 0; i--) this.position.set(this.index[i]!, i);
    }
    return this.position.get(rowName) ?? -1;
  }

  /**
   * Rows in the given order (repetition allowed).
   *
   * @throws {@link DataError} if there is no such row
   */
  selectRows(rows: ArrayLike<number>): Table {
    return new Table(
      Array.from(rows, (i) => this.index[checkIndex(i, this.nRows, 'row')]!),
      [...this.columns].map(([name, column]) => [name, selectColumnRows(column, rows)] as const),
      this.indexName,
    );
  }

  /** A table over the same columns: adding columns to it leaves this one as it was. */
  view(): Table {
    return new Table(this.index, this.columns, this.indexName);
  }

  /** Deep copy. */
  copy(): Table {
    return new Table(
      [...this.index],
      [...this.columns].map(([name, column]) => [name, copyColumn(column)] as const),
      this.indexName,
    );
  }

  private listColumns(): string {
    const names = this.columnNames.slice(0, 12).map((name) => `"${name}"`);
    if (this.columns.size > 12) names.push(`and ${this.columns.size - 12} more`);
    return names.join(', ');
  }
}
