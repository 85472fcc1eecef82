import { DataError, FormatError } from '../errors.js';
import type { AnnData } from '../data/anndata.js';
import type { Bundle, SavedTensor } from '../artifacts/bundle.js';

/**
 * The cells a transductive model was trained on: their names, total counts and which of them
 * preprocessing kept. It answers where the cells of some data stand among the trained ones, and
 * refuses data the model has never seen.
 */
export class CellRoster {
  private constructor(
    private readonly names: readonly string[],
    /** Total count of each cell; empty where the data had no X. */
    private readonly totals: Float64Array,
    /** Row of each cell among the kept cells, -1 where preprocessing dropped it. */
    private readonly keptRow: Int32Array,
  ) {}

  /**
   * @param source - the data the user passed to `fit`
   * @param prepared - the same after preprocessing (a subset of its cells)
   * @throws {@link DataError} if a prepared cell is not one of the source, or may be any of several
   *   cells of one name
   */
  static of(source: AnnData, prepared: AnnData): CellRoster {
    const keptRow = new Int32Array(source.nObs).fill(-1);
    let from = 0;
    prepared.obsNames.forEach((name, row) => {
      const position = source.obsNames.indexOf(name, from);
      if (position < 0) {
        throw new DataError(`preprocessing changed the order or the names of the cells`, {
          got: `cell "${name}"`,
          expected: 'the cells of the data given to fit, in their order',
        });
      }
      keptRow[position] = row;
      from = position + 1;
    });
    const keptNames = new Set(prepared.obsNames);
    const twin = source.obsNames.find((name, i) => keptRow[i]! < 0 && keptNames.has(name));
    if (twin !== undefined) {
      throw new DataError('cell names are not unique, so dropped cells cannot be told from kept', {
        got: `"${twin}" twice, one of them dropped`,
        remedy: 'Make the names unique before preprocessing.',
      });
    }
    return new CellRoster([...source.obsNames], totalsOf(source), keptRow);
  }

  /** Number of cells given to `fit`. */
  get size(): number {
    return this.names.length;
  }

  /**
   * For each cell of `data` its row among the kept cells, -1 if preprocessing dropped it.
   *
   * @param owner - model name, for messages
   * @throws {@link DataError} if a cell is unknown or has other counts than at training
   */
  rowsOf(data: AnnData, owner: string): Int32Array {
    const positions = this.positionsOf(data.obsNames, owner);
    this.assertSameCounts(data, positions, owner);
    return positions.map((position) => this.keptRow[position]!);
  }

  /** Parts for a saved model. */
  save(): { facts: Bundle['facts']; tensors: [string, SavedTensor][] } {
    return {
      facts: { cellNames: this.names },
      tensors: [
        ['cells/totals', { shape: [this.totals.length], data: this.totals }],
        ['cells/keptRow', { shape: [this.size], data: this.keptRow }],
      ],
    };
  }

  /**
   * From the parts of a saved model.
   *
   * @throws {@link FormatError} if they are missing or do not fit each other
   */
  static load(bundle: Bundle): CellRoster {
    const names: unknown = bundle.facts['cellNames'];
    const totals = bundle.tensors.get('cells/totals')?.data;
    const keptRow = bundle.tensors.get('cells/keptRow')?.data;
    if (
      !isTextList(names) ||
      !(totals instanceof Float64Array && [0, names.length].includes(totals.length)) ||
      !(keptRow instanceof Int32Array && keptRow.length === names.length)
    ) {
      throw new FormatError('the saved model has no complete list of its cells', {
        remedy: 'Save the model again.',
      });
    }
    return new CellRoster(names, totals, keptRow);
  }

  /** Raw counts of a known cell must be the same; prepared data have other totals by nature. */
  private assertSameCounts(data: AnnData, positions: Int32Array, owner: string): void {
    if (data.channels.feature !== undefined || !data.hasX || this.totals.length === 0) return;
    const totals = data.X.rowSums();
    positions.forEach((position, i) => {
      const trained = this.totals[position]!;
      if (Math.abs(trained - totals[i]!) <= 1e-3 * Math.max(1, Math.abs(trained))) return;
      throw new DataError(`cell "${data.obsNames[i]!}" is not the cell ${owner} was trained on`, {
        got: `total count ${totals[i]!}`,
        expected: `${trained}`,
        remedy: `${owner} is transductive: fit a new model on these data.`,
      });
    });
  }

  private positionsOf(names: readonly string[], owner: string): Int32Array {
    if (names.length === this.size && names.every((name, i) => name === this.names[i])) {
      return Int32Array.from(names, (_, i) => i);
    }
    const position = new Map<string, number>();
    this.names.forEach((name, i) => {
      if (position.has(name)) {
        throw new DataError('cell names are not unique, so cells cannot be looked up', {
          got: `"${name}" twice`,
          remedy: 'Make the names unique before fit, or pass the same data to predict.',
        });
      }
      position.set(name, i);
    });
    return Int32Array.from(names, (name) => {
      const found = position.get(name);
      if (found === undefined) {
        throw new DataError(`cell "${name}" was not among the cells ${owner} was trained on`, {
          remedy: `${owner} is transductive: it labels only the cells given to fit.`,
        });
      }
      return found;
    });
  }
}

function totalsOf(data: AnnData): Float64Array {
  return data.hasX ? data.X.rowSums() : new Float64Array(0);
}

function isTextList(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === 'string');
}
