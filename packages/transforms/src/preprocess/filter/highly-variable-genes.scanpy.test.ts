import { AnnData, columnValue, CsrMatrix, stringColumn } from '@dance-ts/core';
import { expect, test } from '@jest/globals';
import { testContext } from '../../testing/data.js';
import { readGolden } from '../../testing/golden.js';
import { expectClose } from '../../testing/matchers.js';
import { HighlyVariableGenes } from './highly-variable-genes.js';

/*
 * Expected: sc.pp.highly_variable_genes of scanpy 1.10.4 with and without batch_key, by number and by limits,
 * from tests/golden/scanpy_tools.json; the header of packages/analysis/scripts/make-scanpy-reference.py
 * tells how the values were made. Flavor seurat_v3 needs a package that was not there.
 */
interface Case {
  readonly flavor: 'seurat' | 'cell_ranger';
  readonly options: {
    readonly n_top_genes?: number;
    readonly min_mean?: number;
    readonly max_mean?: number;
    readonly min_disp?: number;
  };
  readonly batch_key: 'batch' | null;
  readonly highly_variable: readonly number[];
  readonly means: readonly number[];
  readonly dispersions: readonly (number | null)[];
  readonly dispersions_norm: readonly (number | null)[];
  readonly highly_variable_nbatches?: readonly number[];
  readonly highly_variable_intersection?: readonly number[];
}
const reference = readGolden('scanpy_tools') as {
  counts: { shape: [number, number]; indptr: number[]; indices: number[] };
  log: number[];
  batch: string[];
  variable_genes: Case[];
};
const { shape, indptr, indices } = reference.counts;
const data = AnnData.fromMatrix(
  new CsrMatrix(
    ...shape,
    Int32Array.from(indptr),
    Int32Array.from(indices),
    Float32Array.from(reference.log),
  ),
);
data.obs.set('batch', stringColumn(reference.batch));

function column(annotated: AnnData, name: string): number[] {
  return annotated.varNames.map((_, g) => Number(columnValue(annotated.var.get(name), g)));
}

test.each(reference.variable_genes)(
  'equals scanpy: $flavor, $options, batches $batch_key',
  async (expected) => {
    const { n_top_genes: nTopGenes, min_mean, max_mean, min_disp } = expected.options;
    const step = new HighlyVariableGenes({
      flavor: expected.flavor,
      subset: false,
      ...(nTopGenes === undefined
        ? { minMean: min_mean, maxMean: max_mean, minDisp: min_disp }
        : { nTopGenes }),
      ...(expected.batch_key === null ? {} : { batchKey: expected.batch_key }),
    });
    const annotated = await step.apply(data, testContext());
    expect(column(annotated, 'highly_variable')).toEqual(expected.highly_variable);
    // Expression is float32 here.
    expectClose(column(annotated, 'means'), expected.means, 1e-6);
    expectClose(column(annotated, 'dispersions'), expected.dispersions, 1e-6);
    expectClose(column(annotated, 'dispersions_norm'), expected.dispersions_norm, 1e-5);
    if (expected.batch_key === null) return;
    for (const name of ['highly_variable_nbatches', 'highly_variable_intersection'] as const) {
      expect(column(annotated, name)).toEqual(expected[name]);
    }
  },
);

test('genes that equal the n-th but for the last digits of float64 are all chosen', async () => {
  const expected = reference.variable_genes[0]!;
  const normalized = expected.dispersions_norm.map((value) => value ?? -Infinity);
  const descending = [...normalized].sort((a, b) => b - a);
  // Pairs of genes alone in their bins: +-1/sqrt(2), in scanpy's float32 the same number.
  expect(descending.slice(18, 22)).toEqual(new Array(4).fill(Math.fround(Math.SQRT1_2)));
  const step = new HighlyVariableGenes({ flavor: 'seurat', subset: false, nTopGenes: 20 });
  expect(column(await step.apply(data, testContext()), 'highly_variable')).toEqual(
    normalized.map((value) => (value >= descending[19]! ? 1 : 0)),
  );
});
