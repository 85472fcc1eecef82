import { DataError } from '@dance-ts/core';

/** How columns are shifted and scaled before a decomposition. */
export interface CenteringOptions {
  /** Subtracted from each column, [nCols]; nothing if left out. */
  readonly mean?: Float64Array | undefined;
  /** Each column is divided by this after centering, [nCols]; nothing if left out. */
  readonly scale?: Float64Array | undefined;
}

/** @throws DataError unless there is one mean and one positive scale a column */
export function checkCentering(nCols: number, { mean, scale }: CenteringOptions): void {
  for (const [name, values] of Object.entries({ mean, scale })) {
    if (values !== undefined && values.length !== nCols) {
      throw new DataError(`the ${name} of the columns has another length`, {
        got: String(values.length),
        expected: String(nCols),
      });
    }
  }
  const bad = scale?.findIndex((value) => !(value > 0 && value < Infinity)) ?? -1;
  if (bad !== -1) {
    throw new DataError(`column ${bad} cannot be scaled`, {
      got: String(scale?.[bad]),
      expected: 'a finite scale > 0',
      remedy: 'Use 1 for a column without variance, or leave the column out.',
    });
  }
}
