import { AnnData, columnValue, CsrMatrix, type Table } from '@dance-ts/core';
import { describe, expect, test } from '@jest/globals';
import { readGolden } from '../../testing/golden.js';
import { expectClose } from '../../testing/matchers.js';
import { qcMetrics } from './qc-metrics.js';

/*
 * Expected: sc.pp.calculate_qc_metrics(qc_vars=['mt'], percent_top=[5, 20]) of scanpy 1.10.4 on 120 cells x
 * 70 genes of tests/golden/scanpy_tools.json; the header of packages/analysis/scripts/
 * make-scanpy-reference.py tells how the values were made.
 */
type Columns = Readonly<Record<string, readonly (number | null)[]>>;
const reference = readGolden('scanpy_tools') as {
  counts: { shape: [number, number]; indptr: number[]; indices: number[]; data: number[] };
  var_names: string[];
  qc: { percent_top: number[]; cells: Columns; genes: Columns };
};
const { shape, indptr, indices, data } = reference.counts;
const counts = new CsrMatrix(
  ...shape,
  Int32Array.from(indptr),
  Int32Array.from(indices),
  Float32Array.from(data),
);

function expectColumns(table: Table, expected: Columns): void {
  expect([...table.columnNames].sort()).toEqual(Object.keys(expected).sort());
  for (const [name, values] of Object.entries(expected)) {
    const column = table.get(name);
    // scanpy keeps these in float32.
    expectClose(
      table.index.map((_, i) => Number(columnValue(column, i))),
      values,
      1e-6,
    );
  }
}

describe.each(['csr', 'dense'])('equals scanpy, %s', (kind) => {
  const X = kind === 'csr' ? counts : counts.toDense();
  const { cells, genes } = qcMetrics(AnnData.fromMatrix(X, { varNames: reference.var_names }), {
    species: 'human',
    percentTop: reference.qc.percent_top,
  });

  test('every column of the cells', () => {
    expectColumns(cells, reference.qc.cells);
  });

  test('every column of the genes', () => {
    expectColumns(genes, reference.qc.genes);
  });
});
