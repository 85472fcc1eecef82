import { AnnData, categoricalFromStrings, CsrMatrix, Table, toCsr } from '@dance-ts/core';
import { geneVocabulary, matchGenes, takeGenes } from '@dance-ts/transforms';

/** Cells of a reference and a query together, for models that learn from both. */
export interface JoinedCells {
  /** Genes of the reference; query cells come last and have no label. */
  readonly data: AnnData;
  /** [nQuery] rows of the query cells. */
  readonly queryRows: Int32Array;
}

/**
 * Puts the cells of a query behind those of a reference, for transductive models. Only counts and
 * the labels of the reference are taken over; the train split is the reference.
 *
 * @param labelKey - column of the labels in the reference
 * @throws DataError if the reference has no such column or no gene is shared
 */
export function joinQuery(reference: AnnData, query: AnnData, labelKey: string): JoinedCells {
  const { codes, categories } = reference.labels(labelKey);
  const { columns } = matchGenes(geneVocabulary(reference.var), geneVocabulary(query.var));
  const names = [
    ...reference.obsNames.map((name) => `reference:${name}`),
    ...query.obsNames.map((name) => `query:${name}`),
  ];
  const labels = names.map((_, i) => {
    const code = i < reference.nObs ? codes[i]! : -1;
    return code < 0 ? null : String(categories[code]);
  });
  const obs = new Table(names).set(labelKey, categoricalFromStrings(labels));
  const X = stacked(toCsr(reference.X), toCsr(takeGenes(query.X, columns)));
  const data = new AnnData({ X, obs, var: reference.var.copy() });
  const rows = Int32Array.from(names.keys());
  const queryRows = rows.subarray(reference.nObs);
  data.splits = { ...data.splits, train: rows.slice(0, reference.nObs), test: queryRows.slice() };
  data.channels = { label: { slot: 'obs', key: labelKey } };
  return { data, queryRows };
}

function stacked(top: CsrMatrix, bottom: CsrMatrix): CsrMatrix {
  const indptr = new Int32Array(top.nRows + bottom.nRows + 1);
  indptr.set(top.indptr);
  indptr.set(
    bottom.indptr.map((place) => place + top.nnz),
    top.nRows,
  );
  const indices = new Int32Array(top.nnz + bottom.nnz);
  indices.set(top.indices);
  indices.set(bottom.indices, top.nnz);
  const data = new Float32Array(top.nnz + bottom.nnz);
  data.set(top.data);
  data.set(bottom.data, top.nnz);
  return new CsrMatrix(top.nRows + bottom.nRows, top.nCols, indptr, indices, data);
}
