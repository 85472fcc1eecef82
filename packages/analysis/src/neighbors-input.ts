import { DataError, Table, type AnnData, type DenseMatrix } from '@dance-ts/core';

const FEWEST_CELLS = 3;

/**
 * A representation of the cells to measure distances in.
 *
 * @param owner - who asks, for messages
 * @returns `obsm[key]` as a dense matrix, [nObs, d]
 * @throws DataError without such a matrix, naming those there are; for a value that is not finite;
 *   for fewer than three cells
 */
export function denseRepresentation(data: AnnData, key: string, owner: string): DenseMatrix {
  const found = data.obsm.get(key);
  if (found === undefined || found instanceof Table) {
    const kind = found === undefined ? 'no' : 'a table, not a matrix, in';
    throw new DataError(`${owner}: the data have ${kind} obsm["${key}"]`, {
      got: `obsm with ${[...data.obsm.keys()].join(', ') || 'nothing'}`,
      remedy: 'Name a matrix of obsm (useRep), or compute principal components first (CellPCA).',
    });
  }
  if (data.nObs < FEWEST_CELLS) {
    throw new DataError(`${owner}: too few cells`, {
      got: String(data.nObs),
      expected: `at least ${FEWEST_CELLS}`,
    });
  }
  const dense = found.toDense();
  const bad = dense.data.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) {
    const cell = Math.floor(bad / dense.nCols);
    throw new DataError(`${owner}: a value of obsm["${key}"] is not finite`, {
      got: `${dense.data[bad]!} in cell ${data.obsNames[cell]!}`,
      remedy: 'Remove the cells that have no representation, for example by subset.',
    });
  }
  return dense;
}
