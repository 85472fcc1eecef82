import { DataError } from '../errors.js';
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
    private readonly totals: Float64Array,
    /** Row of each cell among the kept cells, -1 where preprocessing dropped it. */
    private readonly keptRow: Int32Array,
  ) {}

  /**
   * @param source - the data the user passed to `fit`
   * @param prepared - the same after preprocessing (a subset of its cells)
   * @throws {@link DataError} if a prepared cell is not one of the source
   */
  static of(source: AnnData, prepared: AnnData): CellRoster {
    const keptRow = new Int32Array(source.nObs).fill(-1);
    let from = 0;
    prepared.obsNames.forEach((name, row) => {
      const position = nextIndexOf(source.obsNames, name, from);
      if (position < 0) {
        throw new DataError(`preprocessing changed the order or the names of the cells`, {
          got: `cell "${name}"`,
          expected: 'the cells of the data given to fit, in their order',
        });
      }
      keptRow[position] = row;
      from = position + 1;
    });
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
    const totals = totalsOf(data);
    return Int32Array.from(positions, (position, i) => {
      const trained = this.totals[position]!;
      // Preprocessed views have other totals; raw counts of a known cell must be the same.
      if (data.nVars > 0 && totals.length > 0 && this.isOtherCell(trained, totals[i]!, data)) {
        throw new DataError(`cell "${data.obsNames[i]!}" is not the cell ${owner} was trained on`, {
          got: `total count ${totals[i]!}`,
          expected: `${trained}`,
          remedy: `${owner} is transductive: fit a new model on these data.`,
        });
      }
      return this.keptRow[position]!;
    });
  }

  /** Parts for a saved model. */
  save(): { facts: Bundle['facts']; tensors: [string, SavedTensor][] } {
    return {
      facts: { cellNames: this.names },
      tensors: [
        ['cells/totals', { shape: [this.size], data: this.totals }],
        ['cells/keptRow', { shape: [this.size], data: this.keptRow }],
      ],
    };
  }

  /** From the parts of a saved model. */
  static load(bundle: Bundle): CellRoster {
    return new CellRoster(
      bundle.facts['cellNames'] as readonly string[],
      bundle.tensors.get('cells/totals')?.data as Float64Array,
      bundle.tensors.get('cells/keptRow')?.data as Int32Array,
    );
  }

  private isOtherCell(trained: number, total: number, data: AnnData): boolean {
    return (
      data.channels.feature === undefined &&
      Math.abs(trained - total) > 1e-3 * Math.max(1, Math.abs(trained))
    );
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

function nextIndexOf(names: readonly string[], name: string, from: number): number {
  return names.indexOf(name, from);
}
