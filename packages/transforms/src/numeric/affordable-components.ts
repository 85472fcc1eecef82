import { DataError, type AnnData } from '@dance-ts/core';
import type { TransformContext } from '../transform.js';

/**
 * min(nComponents, cells, genes), with a warning where that is less than asked for.
 *
 * @param owner - name of the transform, for messages
 * @throws DataError if there are no cells or no genes
 */
export function affordableComponents(
  nComponents: number,
  data: Pick<AnnData, 'nObs' | 'nVars'>,
  owner: string,
  { reporter }: TransformContext,
): number {
  const limit = Math.min(data.nObs, data.nVars);
  if (limit === 0) {
    throw new DataError(`${owner} needs cells and genes`, {
      got: `${data.nObs} x ${data.nVars}`,
      expected: 'at least one of each',
    });
  }
  if (nComponents <= limit) return nComponents;
  reporter?.message(
    'warning',
    `${owner}: nComponents ${nComponents} reduced to ${limit}, ` +
      `as there are ${data.nObs} cells and ${data.nVars} genes`,
  );
  return limit;
}
