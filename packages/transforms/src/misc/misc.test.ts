import { AnnData, booleanColumn, DataError, DenseMatrix, MuData, ParamError } from '@dance-ts/core';
import { describe, expect, test } from '@jest/globals';
import '../builtin-transforms.js';
import { pipelineFromJson } from '../pipeline/pipeline-file.js';
import { CellPca } from '../preprocess/feature/cell-pca.js';
import { FilterCellsScanpy } from '../preprocess/filter/filter-cells-scanpy.js';
import { HighlyVariableGenes } from '../preprocess/filter/highly-variable-genes.js';
import { Log1P } from '../preprocess/normalize/log1p.js';
import { NormalizeTotal } from '../preprocess/normalize/normalize-total.js';
import { randomCounts, rowsOf, snapshot, testContext } from '../testing/data.js';
import type { Transform } from '../transform.js';
import { alignModalities, applyToModality } from './align-mod.js';
import { AnnDataTransform } from './anndata-transform.js';
import { RemoveSplit } from './remove-split.js';
import { UpdateRaw } from './update-raw.js';
import { When } from './when.js';

const context = testContext();
const counts = randomCounts(20, 8);

function withRaw(): AnnData {
  const { obs, var: variables } = AnnData.fromMatrix(counts);
  const raw = {
    X: counts,
    var: variables.copy(),
    varm: new Map([['PCs', DenseMatrix.fromRows(Array.from({ length: 8 }, (_, g) => [g]))]]),
  };
  const data = new AnnData({ X: counts, obs, var: variables, raw });
  data.splits = { train: Int32Array.of(0, 1), val: Int32Array.of(4), test: Int32Array.of(2, 3) };
  data.channels = { feature: [{ slot: 'X' }] };
  return data;
}

test('UpdateRaw gives raw the genes of X in their order', async () => {
  const chosen = withRaw().subset({ var: [6, 1, 3] });
  const updated = await new UpdateRaw().apply(chosen, context);
  expect(rowsOf(updated.raw?.X ?? counts)).toEqual(rowsOf(counts.selectColumns([6, 1, 3])));
  expect(updated.raw?.var.index).toEqual(chosen.varNames);
  expect(updated.raw?.varm.get('PCs')).toEqual(DenseMatrix.fromRows([[6], [1], [3]]));
  expect(updated.channels).toEqual(chosen.channels);
  expect(chosen.raw?.var.nRows).toBe(8);
  await expect(new UpdateRaw().apply(AnnData.fromMatrix(counts), context)).rejects.toThrow(
    /no raw.*SaveRaw/,
  );
});

test('RemoveSplit removes its cells, and the other splits follow', async () => {
  const left = await new RemoveSplit({ splitName: 'train' }).apply(withRaw(), context);
  expect(left.obsNames).toEqual(withRaw().obsNames.slice(2));
  expect(left.splits).toEqual({
    ...{ train: Int32Array.of(), val: Int32Array.of(2), test: Int32Array.of(0, 1) },
  });
  const all = AnnData.fromMatrix(counts);
  await expect(new RemoveSplit({ splitName: 'train' }).apply(all, context)).rejects.toThrow(
    DataError,
  );
  expect(() => new RemoveSplit()).toThrow(ParamError);
});

describe('modalities', () => {
  const named = (...genes: string[]): AnnData =>
    AnnData.fromMatrix(DenseMatrix.fromRows([genes.map((_, g) => g + 1)]), { varNames: genes });
  const data = new MuData([
    ['mod1', named('c', 'a')],
    ['mod2', named('y')],
    ['meta1', named('a', 'b', 'c')],
    ['meta2', named('x', 'y')],
    ['test_sol', named('x', 'y', 'z')],
    ['other', named('q')],
  ]);

  test('metadata and solution get the genes that mod1 and mod2 have left', () => {
    const aligned = alignModalities(data);
    const genes = aligned.names.map((name) => aligned.get(name).varNames);
    expect(genes).toEqual([['c', 'a'], ['y'], ['c', 'a'], ['y'], ['y'], ['q']]);
    expect(rowsOf(aligned.get('meta1').X)).toEqual([[3, 1]]);
    const without = new MuData([
      ['mod1', named('a')],
      ['meta1', named('b')],
    ]);
    expect(() => alignModalities(without)).toThrow(/"meta1" has no gene "a"/);
  });

  test('a transform can be applied to one of them', async () => {
    const changed = await applyToModality(data, 'mod2', new Log1P(), context);
    expect(rowsOf(changed.get('mod2').X)[0]?.[0]).toBeCloseTo(Math.log(2), 6);
    expect(changed.get('mod1')).toBe(data.get('mod1'));
    await expect(applyToModality(data, 'mod9', new Log1P(), context)).rejects.toThrow(DataError);
  });
});

describe('When', () => {
  const step = { name: 'Log1P' };
  const runs = async (conditions: Record<string, unknown>): Promise<boolean> => {
    const data = AnnData.fromMatrix(counts);
    data.layers.set('counts', counts);
    const made = await new When({ step, ...conditions }).apply(data, context);
    return made.X !== counts;
  };

  test.each([
    [{}, true],
    [{ has: [{ slot: 'layers', key: 'counts' }] }, true],
    [{ has: [{ slot: 'layers', key: 'counts' }, { slot: 'raw' }] }, false],
    [{ lacks: [{ slot: 'obsm', key: 'X_pca' }] }, true],
    [{ lacks: [{ slot: 'obsm', key: 'X_pca' }, { slot: 'X' }] }, false],
    [{ minCells: 20, minGenes: 8 }, true],
    [{ minCells: 21 }, false],
    [{ minGenes: 9 }, false],
  ])('%j: %s', async (conditions, expected) => {
    expect(await runs(conditions)).toBe(expected);
  });

  test('is a step of pipeline files, whose own step is checked', () => {
    const json = [{ name: 'When', params: { step, minCells: 3 } }];
    expect(pipelineFromJson(pipelineFromJson(json).toJson()).toJson()).toMatchObject(json);
    expect(() => new When({ step: { name: 'Log2P' } })).toThrow(/no transform "Log2P"/);
    expect(() => new When({ step: { name: 'Log1P', params: { b: 1 } } })).toThrow(/no parameter/);
  });
});

describe('AnnDataTransform', () => {
  const data = AnnData.fromMatrix(counts);
  const same = async (got: AnnDataTransform, expected: Transform): Promise<void> => {
    const [a, b] = [
      await got.apply(data, testContext()),
      await expected.apply(data, testContext()),
    ];
    expect(snapshot(a)).toEqual(snapshot(b));
    expect(snapshot(a)).not.toEqual(snapshot(data));
  };

  test.each([
    [
      'scanpy.pp.normalize_total',
      { target_sum: 100, inplace: true },
      new NormalizeTotal({ targetSum: 100 }),
    ],
    ['sc.pp.log1p', { copy: false }, new Log1P()],
    ['log1p', { base: 2 }, new Log1P({ base: 2 })],
    ['filter_cells', { min_counts: 12 }, new FilterCellsScanpy({ minCounts: 12 })],
    [
      'highly_variable_genes',
      { n_top_genes: 4, flavor: 'cell_ranger' },
      new HighlyVariableGenes({ nTopGenes: 4, subset: false }),
    ],
    ['pca', { n_comps: 3, svd_solver: 'arpack' }, new CellPca({ nComponents: 3 })],
  ])('%s', async (func, kwargs, expected) => {
    await same(new AnnDataTransform({ func, kwargs }), expected);
  });

  test('normalize_per_cell drops empty cells', async () => {
    const empty = AnnData.fromMatrix(
      DenseMatrix.fromRows([
        [0, 0],
        [1, 3],
      ]),
    );
    const step = new AnnDataTransform({
      func: 'normalize_per_cell',
      kwargs: { counts_per_cell_after: 8 },
    });
    expect(rowsOf((await step.apply(empty, context)).X)).toEqual([[2, 6]]);
  });

  test('pca takes the genes that were marked, and keeps the others', async () => {
    const marked = data.view();
    const flags = Uint8Array.of(0, 1, 1, 0, 1, 0, 0, 1);
    marked.var.set('highly_variable', booleanColumn(flags));
    const step = { func: 'pca', kwargs: { n_comps: 2 } };
    const got = await new AnnDataTransform(step).apply(marked, testContext());
    const chosen = data.subset({ var: [1, 2, 4, 7] });
    const expected = await new CellPca({ nComponents: 2 }).apply(chosen, testContext());
    expect(got.obsm.get('X_pca')).toEqual(expected.obsm.get('X_pca'));
    expect(got.nVars).toBe(8);
    const all = new AnnDataTransform({
      ...step,
      kwargs: { n_comps: 2, use_highly_variable: false },
    });
    expect((await all.apply(marked, testContext())).varm.has('PCs')).toBe(true);
  });

  test('DANCE writes the arguments beside the name', () => {
    const json = [
      {
        type: 'misc',
        target: 'AnnDataTransform',
        params: { func: 'scanpy.pp.normalize_total', target_sum: 1e4, log_level: 'INFO' },
      },
    ];
    expect(pipelineFromJson(json).toJson()).toEqual([
      {
        name: 'AnnDataTransform',
        params: { func: 'scanpy.pp.normalize_total', kwargs: { target_sum: 10000 } },
      },
    ]);
  });

  test('unknown functions and arguments are refused', () => {
    expect(() => new AnnDataTransform({ func: 'os.system' })).toThrow(/no function "os.system"/);
    expect(() => new AnnDataTransform({ func: 'log1' })).toThrow(/perhaps log1p/);
    expect(() => new AnnDataTransform({ func: 'toString' })).toThrow(ParamError);
    const wrong = { func: 'log1p', kwargs: { bass: 2 } };
    expect(() => new AnnDataTransform(wrong)).toThrow(/Log1P has no parameter "bass"/);
  });
});
