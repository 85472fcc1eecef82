import { AnnData, columnValue, CsrMatrix, DenseMatrix, ParamError } from '@dance-ts/core';
import { describe, expect, test } from '@jest/globals';
import { Compose } from '../../compose.js';
import { randomCounts, rowsOf, snapshot, testContext } from '../../testing/data.js';
import { goldenCase, readGolden } from '../../testing/golden.js';
import { expectClose } from '../../testing/matchers.js';
import { binOf, equalWidthEdges } from '../../numeric/bins.js';
import { localQuadraticFit } from '../../numeric/local-quadratic.js';
import { ascending, quantile } from '../../numeric/quantile.js';
import { Log1P } from '../normalize/log1p.js';
import { NormalizeTotal } from '../normalize/normalize-total.js';
import { HighlyVariableGenes } from './highly-variable-genes.js';

type Values = readonly (number | null)[];

interface DispersionCase {
  readonly name: 'seurat' | 'cell_ranger';
  readonly means: Values;
  readonly dispersions: Values;
  readonly dispersions_norm: Values;
  readonly bin: readonly number[];
  readonly n_top_genes: number;
  readonly selected_top: readonly boolean[];
  readonly min_mean: number;
  readonly max_mean: number;
  readonly min_disp: number;
  readonly selected_by_cutoffs: readonly boolean[];
}

interface LoessResult {
  readonly log10_variance_fitted: Values;
  readonly variances_norm: Values;
  readonly selected_top: readonly boolean[];
}

interface VarianceCase {
  readonly name: string;
  readonly means: Values;
  readonly variances: Values;
  readonly span: number;
  readonly n_top_genes: number;
  readonly direct: LoessResult;
  readonly interpolate_as_scanpy: LoessResult;
}

interface Golden {
  readonly counts: {
    readonly n_obs: number;
    readonly n_vars: number;
    readonly indptr: readonly number[];
    readonly indices: readonly number[];
    readonly data: readonly number[];
  };
  readonly cases: readonly (DispersionCase | VarianceCase)[];
}

const golden = readGolden('highly_variable_genes') as Golden;
const context = testContext();
const counts = new CsrMatrix(
  golden.counts.n_obs,
  golden.counts.n_vars,
  Int32Array.from(golden.counts.indptr),
  Int32Array.from(golden.counts.indices),
  Float32Array.from(golden.counts.data),
);
/** Values come from float32 logarithms. */
const FLOAT32 = 1e-5;

function values(data: AnnData, name: string): number[] {
  const column = data.var.get(name);
  return data.varNames.map((_, g) => Number(columnValue(column, g)));
}

function selection(data: AnnData): boolean[] {
  return values(data, 'highly_variable').map(Boolean);
}

async function logNormalized(X: CsrMatrix | DenseMatrix, base?: number): Promise<AnnData> {
  const steps = [new NormalizeTotal(), new Log1P(base === undefined ? {} : { base })];
  return new Compose(steps).apply(AnnData.fromMatrix(X), context);
}

describe.each(['seurat', 'cell_ranger'] as const)('flavor %s', (flavor) => {
  const expected = goldenCase(golden.cases, flavor) as DispersionCase;

  test.each([
    ['sparse', counts],
    ['dense', counts.toDense()],
  ])('golden statistics and selections, %s', async (_, X) => {
    const data = await logNormalized(X);
    const byNumber = await new HighlyVariableGenes({
      flavor,
      nTopGenes: expected.n_top_genes,
      subset: false,
    }).apply(data, context);
    expectClose(values(byNumber, 'means'), expected.means, FLOAT32);
    expectClose(values(byNumber, 'dispersions'), expected.dispersions, FLOAT32);
    expectClose(values(byNumber, 'dispersions_norm'), expected.dispersions_norm, FLOAT32);
    expect(selection(byNumber)).toEqual(expected.selected_top);
    const byLimits = await new HighlyVariableGenes({
      flavor,
      minMean: expected.min_mean,
      maxMean: expected.max_mean,
      minDisp: expected.min_disp,
      subset: false,
    }).apply(data, context);
    expect(selection(byLimits)).toEqual(expected.selected_by_cutoffs);
  });

  test('dropping genes keeps the chosen ones with their annotation', async () => {
    const data = await logNormalized(counts);
    const subset = await new HighlyVariableGenes({ flavor, nTopGenes: 40 }).apply(data, context);
    expect(subset.varNames).toEqual(data.varNames.filter((_, g) => expected.selected_top[g]));
    expect(selection(subset).every(Boolean)).toBe(true);
    expect(subset.X.nCols).toBe(subset.nVars);
  });

  test('constant genes and a single gene do no harm', async () => {
    const constant = AnnData.fromMatrix(
      DenseMatrix.fromRows([
        [1, 0, 2],
        [1, 0, 2],
      ]),
    );
    const step = new HighlyVariableGenes({ flavor, nTopGenes: 2, subset: false });
    expect(selection(await step.apply(constant, context))).toHaveLength(3);
    const single = AnnData.fromMatrix(DenseMatrix.fromRows([[1], [4]]));
    const kept = await new HighlyVariableGenes({ flavor, nTopGenes: 1 }).apply(single, context);
    expect(kept.nVars).toBe(1);
  });
});

test('seurat undoes the logarithm with the base that was used', async () => {
  const step = new HighlyVariableGenes({ flavor: 'seurat', nTopGenes: 40, subset: false });
  const natural = await step.apply(await logNormalized(counts), context);
  const binary = await step.apply(await logNormalized(counts, 2), context);
  expectClose(values(binary, 'means'), values(natural, 'means'), FLOAT32);
  expect(selection(binary)).toEqual(selection(natural));
});

test('more genes asked for than there are: all are kept, with a message', async () => {
  const { messages, ...watched } = testContext();
  const data = await logNormalized(counts);
  const step = new HighlyVariableGenes({ flavor: 'cell_ranger', nTopGenes: 3000 });
  expect((await step.apply(data, watched)).nVars).toBe(counts.nCols);
  expect(messages).toEqual([expect.stringMatching(/^info: .*nTopGenes is 3000, but only 160/)]);
});

test.each([
  ['seurat', (means: Float64Array) => equalWidthEdges(means, 20)],
  [
    'cell_ranger',
    (means: Float64Array) => {
      const sorted = ascending(means);
      const inner = Array.from({ length: 19 }, (_, i) => quantile(sorted, (10 + 5 * i) / 100));
      return Float64Array.of(-Infinity, ...inner, Infinity);
    },
  ],
] as const)('golden bins of the means, %s', (flavor, edgesOf) => {
  const { means, bin } = goldenCase(golden.cases, flavor) as DispersionCase;
  const numbers = Float64Array.from(means, (mean) => mean ?? NaN);
  expect(Array.from(binOf(numbers, edgesOf(numbers)))).toEqual(bin);
});

describe('flavor seurat_v3', () => {
  const expected = goldenCase(golden.cases, 'seurat_v3') as VarianceCase;
  const step = new HighlyVariableGenes({
    flavor: 'seurat_v3',
    nTopGenes: expected.n_top_genes,
    span: expected.span,
    subset: false,
  });

  test.each([
    ['sparse', counts],
    ['dense', counts.toDense()],
  ])('golden statistics and selection, %s', async (_, X) => {
    const found = await step.apply(AnnData.fromMatrix(X), context);
    expectClose(values(found, 'means'), expected.means, 1e-9);
    expectClose(values(found, 'variances'), expected.variances, 1e-9);
    const { variances_norm, selected_top } = expected.interpolate_as_scanpy;
    expectClose(values(found, 'variances_norm'), variances_norm, 1e-9);
    expect(selection(found)).toEqual(selected_top);
  });

  test('golden statistics and selection with a fit at every gene', async () => {
    const direct = new HighlyVariableGenes({ ...step.params, surface: 'direct' });
    const found = await direct.apply(AnnData.fromMatrix(counts), context);
    expectClose(values(found, 'variances_norm'), expected.direct.variances_norm, 1e-9);
    expect(selection(found)).toEqual(expected.direct.selected_top);
  });

  test.each([
    ['direct', 'direct'],
    ['interpolate', 'interpolate_as_scanpy'],
  ] as const)('golden trend of the variances, %s', async (surface, key) => {
    const { means, variances, span } = expected;
    const varying = [...variances.keys()].filter((g) => (variances[g] ?? 0) > 0);
    const logs = (numbers: Values): Float64Array =>
      Float64Array.from(varying, (g) => Math.log10(numbers[g] ?? NaN));
    const fitted = await localQuadraticFit(logs(means), logs(variances), { span, surface });
    const trend = expected[key].log10_variance_fitted;
    expect(trend.map((value) => value !== null)).toEqual(variances.map((v) => (v ?? 0) > 0));
    expectClose(
      fitted,
      varying.map((g) => trend[g] ?? NaN),
      1e-9,
    );
  });

  test('ranks run from 0 and exist for the chosen genes only', async () => {
    const found = await step.apply(AnnData.fromMatrix(counts), context);
    const ranks = values(found, 'highly_variable_rank').filter((rank) => !Number.isNaN(rank));
    expect(ranks.sort((a, b) => a - b)).toEqual(Array.from(Array(40).keys()));
  });

  test('genes that share one mean get one trend', async () => {
    const data = AnnData.fromMatrix(
      DenseMatrix.fromRows([
        [2, 1, 0],
        [0, 1, 0],
        [0, 0, 2],
        [0, 0, 0],
      ]),
    );
    const all = new HighlyVariableGenes({ flavor: 'seurat_v3', nTopGenes: 1, subset: false });
    const found = await all.apply(data, context);
    expect(selection(found)).toEqual([true, false, false]);
    expect(values(found, 'variances_norm')[0]).toBeCloseTo(values(found, 'variances_norm')[2]!, 12);
  });

  test('says so when X holds no counts', async () => {
    const { messages, ...watched } = testContext();
    await step.apply(await logNormalized(counts), watched);
    expect(messages).toEqual([expect.stringMatching(/^warning: .*raw counts/)]);
  });

  test('needs a number of genes', () => {
    expect(() => new HighlyVariableGenes({ flavor: 'seurat_v3' })).toThrow(ParamError);
  });
});

test.each(['cell_ranger', 'seurat', 'seurat_v3'] as const)(
  'flavor %s leaves its input as it was and does not depend on the order of cells',
  async (flavor) => {
    const X = randomCounts(40, 30);
    const data = AnnData.fromMatrix(X);
    const before = snapshot(data);
    const step = new HighlyVariableGenes({ flavor, nTopGenes: 10 });
    const chosen = await step.apply(data, context);
    expect(snapshot(data)).toEqual(before);
    const reversed = X.selectRows(Array.from(Array(40).keys()).reverse());
    const again = await step.apply(AnnData.fromMatrix(reversed), context);
    expect(again.varNames).toEqual(chosen.varNames);
    expect(rowsOf(again.X).reverse()).toEqual(rowsOf(chosen.X));
  },
);

test('one cell has no variances', async () => {
  const step = new HighlyVariableGenes({ nTopGenes: 1 });
  const data = AnnData.fromMatrix(DenseMatrix.fromRows([[1, 2]]));
  await expect(step.apply(data, context)).rejects.toThrow(/at least 2 cells/);
});
