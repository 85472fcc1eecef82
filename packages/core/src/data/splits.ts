import { DataError, ParamError } from '../errors.js';
import type { Rng } from '../random/rng.js';
import type { CategoricalColumn } from '../table/column.js';
import type { Splits } from './channels.js';

/** Fractions of the cells in each part; what is left over goes to test. */
export interface SplitFractions {
  readonly train: number;
  readonly val?: number;
}

/**
 * Random split of `n` cells; with `strata`, each class is split by itself, so that every part has
 * about the same class proportions.
 *
 * @throws {@link ParamError} if the fractions are negative or exceed 1
 * @throws {@link DataError} if there is not one stratum label a cell
 */
export function randomSplits(
  n: number,
  fractions: SplitFractions,
  rng: Rng,
  strata?: CategoricalColumn,
): Splits {
  const { train, val = 0 } = fractions;
  if (!(train >= 0 && val >= 0 && train + val <= 1)) {
    throw new ParamError('split fractions', {
      got: `train ${train}, val ${val}`,
      expected: 'two numbers >= 0 with a sum of at most 1',
    });
  }
  const parts: Record<keyof Splits, number[][]> = { train: [], val: [], test: [] };
  for (const cells of strataOf(n, strata)) {
    rng.shuffle(cells);
    const nTrain = Math.round(cells.length * train);
    const nVal = Math.min(cells.length - nTrain, Math.round(cells.length * val));
    parts.train.push(cells.slice(0, nTrain));
    parts.val.push(cells.slice(nTrain, nTrain + nVal));
    parts.test.push(cells.slice(nTrain + nVal));
  }
  const sorted = (cells: number[][]): Int32Array => Int32Array.from(cells.flat()).sort();
  return { train: sorted(parts.train), val: sorted(parts.val), test: sorted(parts.test) };
}

function strataOf(n: number, strata: CategoricalColumn | undefined): number[][] {
  if (strata !== undefined && strata.codes.length !== n) {
    throw new DataError('strata do not fit the cells', {
      got: `${strata.codes.length} labels`,
      expected: String(n),
    });
  }
  const groups = new Map<number, number[]>();
  for (let i = 0; i < n; i++) {
    const code = strata?.codes[i] ?? 0;
    const group = groups.get(code);
    if (group) group.push(i);
    else groups.set(code, [i]);
  }
  return [...groups.entries()].sort(([a], [b]) => a - b).map(([, cells]) => cells);
}
