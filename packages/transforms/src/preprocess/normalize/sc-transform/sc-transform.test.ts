import {
  AnnData,
  columnValue,
  CsrMatrix,
  DataError,
  DenseMatrix,
  ParamError,
  stringColumn,
} from '@dance-ts/core';
import { describe, expect, test } from '@jest/globals';
import { randomCounts, rowsOf, snapshot, testContext } from '../../../testing/data.js';
import { readGolden } from '../../../testing/golden.js';
import { expectClose, expectMatrixClose } from '../../../testing/matchers.js';
import { poissonLine, thetaOf } from './count-regression.js';
import { ScTransform } from './sc-transform.js';

const { counts } = readGolden('highly_variable_genes') as {
  counts: { n_obs: number; n_vars: number; indptr: number[]; indices: number[]; data: number[] };
};
const X = new CsrMatrix(
  counts.n_obs,
  counts.n_vars,
  Int32Array.from(counts.indptr),
  Int32Array.from(counts.indices),
  Float32Array.from(counts.data),
);
const context = testContext();

/**
 * The formulas on the golden counts in NumPy 1.24.2 and SciPy 1.10: Poisson regression by iterated
 * weighted least squares, theta with scipy.special.digamma and polygamma, the bandwidth by brentq.
 * Genes 0, 40, 80, 120 and the last of those kept; cells 0, 45 and 89.
 */
const EXPECTED = {
  nKept: 146,
  intercept: [-5.83953705, -4.22507574, -4.174837689, -4.739778257, -4.20290578],
  slope: [2.238772836, 2.265705242, 2.271199074, 2.246857761, 2.268193569],
  theta: [2.376665949, 3.59306343, 3.822971343, 2.789570016, 3.689441924],
  logMeans: [-0.298996203, 0.5636126143, 0.6122821742, 0.2364587744, 0.5848217971],
  residuals: [
    [-0.5061320332, 0.2115658159, 1.732050808, 0.2265170779, -0.2951938676],
    [-0.836222403, 0.729814581, 1.408093018, -0.4123399775, -0.945073898],
    [1.439937426, 1.732050808, 0.4275208589, -1.086422334, 1.732050808],
  ],
  sum: -284.60259170413406,
  variance: 97.54893528395826,
  stored: { nnz: 4688, sum: 4379.828606378607 },
  /** Of gene 46 of the input, before smoothing. */
  gene46: { intercept: -3.932730546, slope: 2.21144143, theta: 3.1904730955814524 },
};
const GENES = [0, 40, 80, 120, 145];

function column(data: AnnData, name: string): number[] {
  return data.varNames.map((_, g) => Number(columnValue(data.var.get(name), g)));
}

describe('residuals and parameters equal an independent computation', () => {
  test.each([
    ['sparse', X],
    ['dense', X.toDense()],
  ])('%s', async (_, matrix) => {
    const data = AnnData.fromMatrix(matrix);
    const before = snapshot(data);
    const found = await new ScTransform().apply(data, context);
    expect(found.nVars).toBe(EXPECTED.nKept);
    const at = (name: string) => GENES.map((g) => column(found, name)[g]!);
    expectClose(at('sct_gmean'), EXPECTED.logMeans, 1e-8);
    expectClose(at('sct_intercept'), EXPECTED.intercept, 1e-7);
    expectClose(at('sct_slope'), EXPECTED.slope, 1e-7);
    expectClose(at('sct_theta'), EXPECTED.theta, 1e-6);
    const rows = found.X.toDense().selectRows([0, 45, 89]).selectColumns(GENES);
    expectMatrixClose(rows, EXPECTED.residuals, 1e-6);
    const total = found.X.data.reduce((sum, value) => sum + value, 0);
    expect(total / EXPECTED.sum).toBeCloseTo(1, 5);
    const variance = column(found, 'sct_residual_variance').reduce((sum, value) => sum + value, 0);
    expect(variance).toBeCloseTo(EXPECTED.variance, 4);
    expect(snapshot(data)).toEqual(before);
  });

  test('of stored counts only, sparse', async () => {
    const step = new ScTransform({ residuals: 'stored' });
    const found = (await step.apply(AnnData.fromMatrix(X), context)).X as CsrMatrix;
    expect(found.kind).toBe('csr');
    expect(found.nnz).toBe(EXPECTED.stored.nnz);
    const total = found.data.reduce((sum, value) => sum + value, 0);
    expect(total / EXPECTED.stored.sum).toBeCloseTo(1, 6);
  });
});

describe('the regression of one gene', () => {
  const totals = X.rowSums().map((total) => Math.log10(total));
  const row = X.transpose().row(46);
  const gene = { cells: row.indices, counts: row.data };

  test('golden gene', () => {
    const { intercept, slope } = poissonLine(gene, totals);
    expectClose([intercept, slope], [EXPECTED.gene46.intercept, EXPECTED.gene46.slope], 1e-8);
    const mu = totals.map((x) => Math.exp(intercept + slope * x));
    expect(thetaOf(gene, mu)).toBeCloseTo(EXPECTED.gene46.theta, 8);
  });

  test('with two totals the line goes through the means of both', () => {
    const two = Float64Array.of(2, 2, 2, 3, 3);
    const counted = { cells: Int32Array.of(0, 2, 3, 4), counts: Float32Array.of(1, 2, 30, 50) };
    const { intercept, slope } = poissonLine(counted, two);
    expect(Math.exp(intercept + 2 * slope)).toBeCloseTo(1, 8);
    expect(Math.exp(intercept + 3 * slope)).toBeCloseTo(40, 6);
  });

  test('equal totals tell the level only', () => {
    const equal = new Float64Array(4).fill(2.5);
    const counted = { cells: Int32Array.of(1), counts: Float32Array.of(6) };
    const { intercept, slope } = poissonLine(counted, equal);
    expect(Math.exp(intercept + 2.5 * slope)).toBeCloseTo(1.5, 8);
  });

  test('counts that vary less than Poisson ones have no dispersion', () => {
    const counted = { cells: Int32Array.of(0, 1, 2, 3), counts: Float32Array.of(5, 5, 5, 5) };
    expect(thetaOf(counted, new Float64Array(4).fill(5))).toBeGreaterThan(1e3);
  });
});

test('a few genes and cells give about the parameters of all, by the seed', async () => {
  const data = AnnData.fromMatrix(X);
  const all = await new ScTransform().apply(data, context);
  const step = new ScTransform({ nGenes: 100, nCells: 70 });
  const some = await step.apply(data, testContext(1));
  expect(rowsOf((await step.apply(data, testContext(1))).X)).toEqual(rowsOf(some.X));
  expect(rowsOf((await step.apply(data, testContext(2))).X)).not.toEqual(rowsOf(some.X));
  const difference = some.X.data.reduce((sum, v, e) => sum + Math.abs(v - all.X.data[e]!), 0);
  expect(difference / all.X.data.length).toBeLessThan(0.1);
});

test('the depth of the cells is removed', async () => {
  const base = randomCounts(60, 80, 3).toDense();
  for (let i = 0; i < 60; i += 2) {
    const row = base.row(i);
    const twin = base.row(i + 1);
    for (let j = 0; j < row.length; j++) row[j] = row[j]! + twin[j]!;
  }
  const found = await new ScTransform().apply(AnnData.fromMatrix(base), context);
  const means = [0, 1].map((parity) => {
    const rows = Array.from({ length: 30 }, (_, i) => 2 * i + parity);
    const part = found.X.selectRows(rows);
    return part.data.reduce((sum, value) => sum + value, 0) / part.data.length;
  });
  expect(Math.abs(means[0]! - means[1]!)).toBeLessThan(0.05);
});

describe('batches', () => {
  test('each is fitted by itself', async () => {
    const half = Int32Array.from({ length: 45 }, (_, i) => i);
    const data = AnnData.fromMatrix(X);
    data.obs.set('batch', stringColumn(data.obsNames.map((_, i) => (i < 45 ? 'a' : 'b'))));
    const both = await new ScTransform({ batchKey: 'batch' }).apply(data, context);
    const alone = await new ScTransform().apply(data.subset({ obs: half }), context);
    const shared = alone.varNames.filter((name) => both.var.indexOf(name) >= 0);
    expect(shared.length).toBeGreaterThan(50);
    expectMatrixClose(
      both.X.selectRows(half).selectColumns(shared.map((name) => both.var.indexOf(name))),
      rowsOf(alone.X.selectColumns(shared.map((name) => alone.var.indexOf(name)))),
      1e-5,
    );
    const split = AnnData.fromMatrix(X);
    split.splits = {
      train: half,
      val: Int32Array.of(),
      test: Int32Array.from({ length: 45 }, (_, i) => i + 45),
    };
    const bySplit = new ScTransform({ splitNames: ['train', 'test'] });
    expect(rowsOf((await bySplit.apply(split, context)).X)).toEqual(rowsOf(both.X));
  });

  test('they must hold every cell once', async () => {
    const data = AnnData.fromMatrix(X);
    data.obs.set('batch', stringColumn(data.obsNames.map((_, i) => (i === 7 ? null : 'a'))));
    await expect(new ScTransform({ batchKey: 'batch' }).apply(data, context)).rejects.toThrow(
      /cell 7 in 0 of them/,
    );
    expect(() => new ScTransform({ batchKey: 'b', splitNames: ['train'] })).toThrow(ParamError);
  });
});

test('what cannot be fitted is refused', async () => {
  const run = (rows: number[][], input = {}) =>
    new ScTransform(input).apply(AnnData.fromMatrix(DenseMatrix.fromRows(rows)), context);
  await expect(run([[0.5]])).rejects.toThrow(/needs raw counts/);
  await expect(run([[-1]])).rejects.toThrow(DataError);
  await expect(run([[1], [0]], { minCells: 1 })).rejects.toThrow(/cell 1 has no counts/);
  await expect(run([[1], [2]])).rejects.toThrow(/leaves no gene/);
  const aborted = new ScTransform().apply(AnnData.fromMatrix(X), {
    ...context,
    signal: AbortSignal.abort(),
  });
  await expect(aborted).rejects.toMatchObject({ code: 'ABORTED' });
});
