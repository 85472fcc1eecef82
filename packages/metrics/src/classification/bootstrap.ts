import { DataError, Pacer, ParamError, type Rng, type RunOptions } from '@dance-ts/core';

/** Options of {@link bootstrapInterval}. */
export interface BootstrapOptions extends RunOptions {
  /** Draws the resamples. */
  readonly rng: Rng;
  /** Resamples, default 1000. */
  readonly repetitions?: number;
  /** Confidence level, between 0 and 1, default 0.95. */
  readonly level?: number;
}

/** A score with its uncertainty. */
export interface BootstrapInterval {
  /** Score of the cells as they are. */
  readonly estimate: number;
  /** Ends of the percentile interval. */
  readonly low: number;
  readonly high: number;
  /** Standard deviation of the score over resamples. */
  readonly standardError: number;
  /** Resamples whose score was not NaN; the others are left out. */
  readonly defined: number;
}

/**
 * Percentile bootstrap over cells (Efron, 1979): how much a score would vary if other cells had
 * been drawn. It says nothing of other donors or other training runs.
 *
 * @param nCells - number of cells
 * @param statistic - score of the cells with these indices (repetition included); it must not keep
 * the array
 * @throws DataError if there are no cells; ParamError for options out of range; AbortError
 */
export async function bootstrapInterval(
  nCells: number,
  statistic: (cells: Int32Array) => number,
  options: BootstrapOptions,
): Promise<BootstrapInterval> {
  const { rng, repetitions = 1000, level = 0.95, signal } = options;
  checkOptions(nCells, repetitions, level);
  const pacer = new Pacer(signal);
  const cells = Int32Array.from({ length: nCells }, (_, i) => i);
  const estimate = statistic(cells);
  const values: number[] = [];
  for (let repetition = 0; repetition < repetitions; repetition++) {
    await pacer.tick();
    for (let i = 0; i < nCells; i++) cells[i] = rng.int(nCells);
    const value = statistic(cells);
    if (!Number.isNaN(value)) values.push(value);
  }
  const sorted = Float64Array.from(values).sort();
  return {
    estimate,
    low: quantile(sorted, (1 - level) / 2),
    high: quantile(sorted, (1 + level) / 2),
    standardError: deviation(sorted),
    defined: sorted.length,
  };
}

/** Values at these indices. */
export function pick<T>(values: ArrayLike<T>, indices: Int32Array): T[] {
  return Array.from(indices, (i) => values[i]!);
}

function checkOptions(nCells: number, repetitions: number, level: number): void {
  if (!(Number.isInteger(nCells) && nCells > 0)) {
    throw new DataError('a bootstrap needs cells', { got: `${nCells}`, expected: 'at least 1' });
  }
  if (!(Number.isInteger(repetitions) && repetitions > 0 && level > 0 && level < 1)) {
    throw new ParamError('bootstrap: repetitions and level', {
      got: `${repetitions} and ${level}`,
      expected: 'an integer >= 1 and a number between 0 and 1',
    });
  }
}

/** Quantile of sorted values by linear interpolation; NaN of none. */
function quantile(sorted: Float64Array, share: number): number {
  if (sorted.length === 0) return NaN;
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  const lower = sorted[below]!;
  return lower + (place - below) * ((sorted[below + 1] ?? lower) - lower);
}

function deviation(values: Float64Array): number {
  if (values.length < 2) return NaN;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1));
}
