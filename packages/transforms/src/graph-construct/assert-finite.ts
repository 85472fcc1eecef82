import { DataError, type Matrix } from '@dance-ts/core';

/**
 * Refuses missing and infinite values.
 *
 * @param owner - name of the transform, for messages
 * @param name - where the matrix stands
 * @throws DataError
 */
export function assertFinite(matrix: Matrix, owner: string, name = 'X'): void {
  const bad = matrix.data.find((value) => !Number.isFinite(value));
  if (bad === undefined) return;
  throw new DataError(`${owner}: a value of ${name} is not finite`, {
    got: String(bad),
    remedy: 'Look for infinite or missing values in the step before.',
  });
}
