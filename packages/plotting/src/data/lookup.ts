import {
  DataError,
  DenseMatrix,
  nearNames,
  ParamError,
  Table,
  type AnnData,
  type Column,
  type Matrix,
} from '@dance-ts/core';

/** Names listed where none is near. */
const LISTED = 8;

/**
 * A column of obs.
 *
 * @throws DataError naming similar columns, if there is none of that name
 */
export function obsColumn(data: AnnData, name: string): Column {
  const column = data.obs.find(name);
  if (column === undefined) throw unknownName('column of obs', name, data.obs.columnNames);
  return column;
}

/**
 * The matrix a picture takes expression from: a layer, or X.
 *
 * @throws DataError naming the layers there are, or if the data have no X
 */
export function expressionMatrix(data: AnnData, layer: string | undefined): Matrix {
  if (layer === undefined) return data.X;
  const matrix = data.layers.get(layer);
  if (matrix === undefined) throw unknownName('layer', layer, [...data.layers.keys()]);
  return matrix;
}

/**
 * Places of genes in var.
 *
 * @throws ParamError if none is given
 * @throws DataError naming similar genes, if there is none of a name
 */
export function geneIndices(data: AnnData, genes: readonly string[]): Int32Array {
  if (genes.length === 0) {
    throw new ParamError('no genes are given', { expected: 'at least one name of var' });
  }
  return Int32Array.from(genes, (gene) => {
    const index = data.var.indexOf(gene);
    if (index < 0) throw unknownName('gene', gene, data.varNames);
    return index;
  });
}

/**
 * An embedding or places in space: obsm under that key, or under `X_<key>`.
 *
 * @throws DataError if there is none, it is a sparse matrix or a table, or has one column only
 */
export function embeddingOf(data: AnnData, basis: string): DenseMatrix {
  const value = data.obsm.get(basis) ?? data.obsm.get(`X_${basis}`);
  if (value === undefined) throw unknownName('embedding (obsm)', basis, [...data.obsm.keys()]);
  if (value instanceof Table || value.kind !== 'dense') {
    throw new DataError(`obsm["${basis}"] is not a dense matrix of coordinates`, {
      got: value instanceof Table ? 'a table' : 'a sparse matrix',
    });
  }
  if (value.nCols < 2) {
    throw new DataError(`obsm["${basis}"] has too few columns for a plane`, {
      got: String(value.nCols),
      expected: 'at least 2',
    });
  }
  return value;
}

/**
 * Refuses data without cells.
 *
 * @throws DataError
 */
export function assertCells(data: AnnData): void {
  if (data.nObs > 0) return;
  throw new DataError('there is nothing to draw', { got: '0 cells', expected: 'at least 1' });
}

/** Error for a name that is not there, with those that may have been meant. */
export function unknownName(what: string, name: string, candidates: readonly string[]): DataError {
  const near = nearNames(name, candidates);
  const quoted = (names: readonly string[]): string =>
    names.map((other) => `"${other}"`).join(', ');
  const more = candidates.length > LISTED ? `, and ${candidates.length - LISTED} more` : '';
  const there =
    candidates.length === 0
      ? 'none: there is none at all'
      : `${quoted(candidates.slice(0, LISTED))}${more}`;
  return new DataError(`there is no ${what} "${name}"`, {
    ...(near.length > 0 ? {} : { expected: there }),
    ...(near.length > 0 ? { remedy: `Did you mean ${quoted(near)}?` } : {}),
  });
}
