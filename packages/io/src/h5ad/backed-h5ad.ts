import { DataError, type Matrix, type Table, type UnsDict } from '@dance-ts/core';
import { openH5File, type H5File } from '../hdf5/h5-file.js';
import { H5Group } from '../hdf5/h5-node.js';
import type { ByteSource } from '../storage/byte-storage.js';
import { openRows, type BackedRows } from './backed-rows.js';
import { concatRows } from './concat-rows.js';
import { readAxes, readContext, type ReadH5adOptions } from './read-h5ad.js';

/** Which matrix rows are read from, and how. */
export interface RowOptions {
  /** Name of a layer; default X. */
  readonly layer?: string | undefined;
  /** Stops reading when it fires. */
  readonly signal?: AbortSignal | undefined;
}

/** Options of {@link BackedH5ad.blocks}. */
export interface BlockOptions extends RowOptions {
  /** Rows of a block; default 4096. */
  readonly rows?: number | undefined;
}

/** Consecutive rows of a matrix in a file. */
export interface RowBlock {
  /** Number of its first row. */
  readonly start: number;
  /** Number of the row after its last. */
  readonly end: number;
  /** [end - start, nVars] */
  readonly matrix: Matrix;
}

const BLOCK_ROWS = 4096;
/** Values between two wanted rows that are read through: no more than a chunk usually holds. */
const MAX_GAP = 2 ** 16;
/** Values of neighboring wanted rows that are read in one go. */
const MAX_RUN = 2 ** 24;

/**
 * An .h5ad file that stays open: obs, var and uns are read when it is opened, rows of X and of the
 * layers when they are asked for, so that it may be larger than memory. Close it when done.
 */
export class BackedH5ad {
  private readonly matrices = new Map<string, Promise<BackedRows>>();

  /** Annotation of cells. */
  readonly obs: Table;
  /** Annotation of genes. */
  readonly var: Table;
  /** Unstructured annotation. */
  readonly uns: UnsDict;

  private constructor(
    private readonly file: H5File,
    private readonly release: () => void,
    axes: Awaited<ReturnType<typeof readAxes>>,
  ) {
    this.obs = axes.obs;
    this.var = axes.var;
    this.uns = axes.uns;
  }

  /** Opens the bytes of a file, which belong to this object from now on. */
  static async open(source: ByteSource, options: ReadH5adOptions = {}): Promise<BackedH5ad> {
    const { file, close } = await openH5File(source, { memoryBudget: options.memoryBudget });
    try {
      const root = new H5Group(file.forTask({ signal: options.signal }), '/');
      const axes = await readAxes(readContext(options.reporter), root);
      return new BackedH5ad(file, close, axes);
    } catch (error) {
      close();
      throw error;
    }
  }

  /** Number of cells. */
  get nObs(): number {
    return this.obs.nRows;
  }

  /** Number of genes. */
  get nVars(): number {
    return this.var.nRows;
  }

  /** Names of the layers. */
  get layers(): readonly string[] {
    const group = this.root().find('layers');
    return group?.kind === 'group' ? group.keys() : [];
  }

  /**
   * Consecutive rows of X or of a layer.
   *
   * @param start - first row
   * @param end - row after the last; both within 0 .. nObs
   * @returns [end - start, nVars], CSR or dense as it is stored
   * @throws DataError if there are no such rows, or no such layer
   * @throws FormatError if the matrix is damaged, or stored in a way that has no rows (CSC)
   * @throws IoError if the file was closed
   */
  async rows(start: number, end: number, options: RowOptions = {}): Promise<Matrix> {
    const rows = await this.matrix(options.layer);
    if (!(isRow(start, this.nObs + 1) && isRow(end, this.nObs + 1) && start <= end)) {
      throw new DataError('the file has no such rows', {
        got: `${start} to ${end}`,
        expected: `a range within 0 to ${this.nObs}`,
      });
    }
    return rows.read(start, end, { signal: options.signal });
  }

  /**
   * Rows of X or of a layer in any order, also repeated. Rows that lie close together are read in
   * one go.
   *
   * @param indices - numbers of rows
   * @returns [indices.length, nVars]
   * @throws DataError, FormatError, IoError as `rows` does
   */
  async selectRows(indices: ArrayLike<number>, options: RowOptions = {}): Promise<Matrix> {
    const rows = await this.matrix(options.layer);
    const wanted = Array.from(indices);
    const bad = wanted.find((row) => !isRow(row, this.nObs));
    if (bad !== undefined) {
      throw new DataError('the file has no such row', {
        got: String(bad),
        expected: `a number from 0 to ${this.nObs - 1}`,
      });
    }
    const sorted = [...new Set(wanted)].sort((a, b) => a - b);
    const parts: Matrix[] = [];
    for (const run of runsOf(sorted, rows)) {
      const [start, end] = [run[0]!, run[run.length - 1]! + 1];
      const block = await rows.read(start, end, { signal: options.signal });
      parts.push(run.length === end - start ? block : block.selectRows(run.map((i) => i - start)));
    }
    const position = new Map(sorted.map((row, i) => [row, i]));
    const found = parts.length === 0 ? await rows.read(0, 0, {}) : concatRows(parts);
    const isInOrder =
      wanted.length === sorted.length && wanted.every((row, i) => row === sorted[i]);
    return isInOrder ? found : found.selectRows(wanted.map((row) => position.get(row) ?? 0));
  }

  /**
   * All rows of X or of a layer, block by block.
   *
   * @throws DataError if there is no such layer or `rows` is no positive number
   * @throws FormatError, IoError as `rows` does
   */
  async *blocks(options: BlockOptions = {}): AsyncGenerator<RowBlock, void, undefined> {
    const { rows: size = BLOCK_ROWS } = options;
    if (!(Number.isInteger(size) && size > 0)) {
      throw new DataError('blocks need rows', {
        got: String(size),
        expected: 'a positive integer',
      });
    }
    for (let start = 0; start < this.nObs; start += size) {
      const end = Math.min(this.nObs, start + size);
      yield { start, end, matrix: await this.rows(start, end, options) };
    }
  }

  /** Closes the file; reading from it is an error from now on. Closing twice is none. */
  close(): void {
    this.release();
  }

  private matrix(layer: string | undefined): Promise<BackedRows> {
    const name = layer === undefined ? 'X' : `layers/${layer}`;
    const known = this.matrices.get(name);
    if (known !== undefined) return known;
    const opening = this.openMatrix(layer);
    this.matrices.set(name, opening);
    return opening;
  }

  private async openMatrix(layer: string | undefined): Promise<BackedRows> {
    const root = this.root();
    if (layer !== undefined && !this.layers.includes(layer)) {
      throw new DataError(`${this.file.name} has no layer "${layer}"`, {
        expected: this.layers.map((name) => `"${name}"`).join(', ') || 'X: it has no layers',
      });
    }
    const layers = layer === undefined ? undefined : root.get('layers');
    const rows = await openRows(layers?.kind === 'group' ? layers.get(layer ?? '') : root.get('X'));
    if (rows.nRows === this.nObs && rows.nCols === this.nVars) return rows;
    throw root.invalid(`does not hold together: ${layer ?? 'X'} does not fit obs and var`, {
      got: `${rows.nRows} x ${rows.nCols}`,
      expected: `${this.nObs} x ${this.nVars}`,
    });
  }

  private root(): H5Group {
    return new H5Group(this.file.forTask(), '/');
  }
}

function isRow(value: number, limit: number): boolean {
  return Number.isInteger(value) && value >= 0 && value < limit;
}

/** Splits rising row numbers where reading on would cost more than it saves. */
function* runsOf(sorted: readonly number[], rows: BackedRows): Generator<readonly number[]> {
  let run: number[] = [];
  for (const row of sorted) {
    const [first, last] = [run[0], run[run.length - 1]];
    const isFar =
      first !== undefined &&
      last !== undefined &&
      (rows.cost(last + 1, row) > MAX_GAP || rows.cost(first, row + 1) > MAX_RUN);
    if (isFar) {
      yield run;
      run = [];
    }
    run.push(row);
  }
  if (run.length > 0) yield run;
}
