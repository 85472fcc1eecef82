import { AnnData, DataError, DenseMatrix, ParamError, Rng } from '@dance-ts/core';
import { describe, expect, test } from '@jest/globals';
import { bothKinds, randomCounts, rowsOf, snapshot, testContext } from '../../testing/data.js';
import { goldenCase, readGolden } from '../../testing/golden.js';
import { expectClose, expectMatrixClose } from '../../testing/matchers.js';
import { LsiFeature } from './lsi-feature.js';
import { applyLsi, fitLsi } from './lsi.js';

interface LsiCase {
  readonly name: string;
  readonly X: readonly number[][];
  readonly idf: readonly number[];
  readonly singular_values: readonly number[];
  readonly scores_6_components_sign_fixed: readonly number[][];
  readonly drop_first_row_zscore_ddof1: readonly number[][];
}

const golden = goldenCase(
  (readGolden('tfidf_lsi') as { cases: LsiCase[] }).cases,
  'lsi_neurips_style',
);
const context = testContext();
/** Values reach 1e2, components come from float32 matrices. */
const FLOAT32 = 1e-4;

function features(data: AnnData, key = 'X_lsi'): DenseMatrix {
  const found = data.obsm.get(key);
  if (found instanceof DenseMatrix) return found;
  throw new Error(`no features ${key}`);
}

/** Columns with the sign of those expected: the sign of a component is arbitrary. */
function signed(got: DenseMatrix, expected: readonly (readonly number[])[]): number[][] {
  const signs = Array.from({ length: got.nCols }, (_, c) =>
    Math.sign(expected.reduce((sum, row, i) => sum + row[c]! * got.get(i, c), 0)),
  );
  return rowsOf(got).map((row) => row.map((value, c) => value * signs[c]!));
}

describe.each(bothKinds(golden.X))('golden values, %s', (_, data) => {
  test('all six components, and five without the first', async () => {
    const before = snapshot(data);
    const all = await new LsiFeature({ nComponents: 6, dropFirst: false }).apply(data, context);
    const expected = golden.scores_6_components_sign_fixed;
    expectClose(signed(features(all), expected).flat(), expected.flat(), FLOAT32);
    // The columns of U S have the lengths S.
    const lengths = expected[0]!.map((_c, c) =>
      Math.sqrt(rowsOf(features(all)).reduce((sum, row) => sum + row[c]! ** 2, 0)),
    );
    expectClose(lengths, golden.singular_values, FLOAT32);
    const five = await new LsiFeature({ nComponents: 5 }).apply(data, context);
    const rest = expected.map((row) => row.slice(1));
    expectClose(signed(features(five), rest).flat(), rest.flat(), FLOAT32);
    expect((five.varm.get('X_lsi') as DenseMatrix).shape).toEqual([20, 5]);
    expect(snapshot(data)).toEqual(before);
  });

  test('z-scores of each cell', async () => {
    const lsi = await fitLsi(data.X, { nComponents: 5, rng: Rng.fromSeed(0) });
    expectClose(lsi.idf, golden.idf, 1e-6);
    const step = new LsiFeature({ nComponents: 5, standardize: 'cell', out: 'z' });
    const found = features(await step.apply(data, context), 'z');
    expectMatrixClose(found, golden.drop_first_row_zscore_ddof1, FLOAT32);
  });
});

test('other cells are placed by the fit, with its frequencies', async () => {
  const counts = randomCounts(40, 60);
  const data = AnnData.fromMatrix(counts);
  const train = Int32Array.from({ length: 30 }, (_, i) => i);
  data.splits = { train, val: Int32Array.of(), test: Int32Array.of(30) };
  const step = new LsiFeature({ nComponents: 4, splitName: 'train' });
  const found = features(await step.apply(data, testContext(1)));
  const trained = counts.selectRows(train);
  const lsi = await fitLsi(trained, { nComponents: 4, rng: Rng.fromSeed(1).fork('svd') });
  const placed = await applyLsi(lsi, counts.selectRows([35]));
  expectMatrixClose(placed, [rowsOf(found)[35]!], FLOAT32);
  const other = features(await new LsiFeature({ nComponents: 4 }).apply(data, testContext(1)));
  expect(rowsOf(other)[35]).not.toEqual(rowsOf(found)[35]);
  const short = applyLsi(lsi, counts.selectColumns([0, 1]));
  await expect(short).rejects.toThrow(/2 features.*the 60 of the fit/);
});

test('the order of cells does not matter, and features and cells without counts do no harm', async () => {
  const counts = randomCounts(25, 30).toDense();
  for (let i = 0; i < 25; i++) counts.data[i * 30 + 7] = 0;
  counts.row(3).fill(0);
  const step = new LsiFeature({ nComponents: 3 });
  const found = features(await step.apply(AnnData.fromMatrix(counts), context));
  expect(found.data.every((value) => Number.isFinite(value))).toBe(true);
  expect(Array.from(found.row(3))).toEqual([0, 0, 0]);
  const order = Array.from({ length: 25 }, (_, i) => 24 - i);
  const turned = AnnData.fromMatrix(counts.selectRows(order));
  const again = features(await step.apply(turned, context));
  expectMatrixClose(again.selectRows(order), rowsOf(found), FLOAT32);
});

test('counts may come from a layer; what does not fit is refused', async () => {
  const counts = randomCounts(12, 10);
  const data = AnnData.fromMatrix(counts.mapData(Math.log1p));
  data.layers.set('counts', counts);
  const layer = new LsiFeature({ nComponents: 3, layer: 'counts' });
  const direct = await new LsiFeature({ nComponents: 3 }).apply(
    AnnData.fromMatrix(counts),
    context,
  );
  expect(features(await layer.apply(data, context))).toEqual(features(direct));
  await expect(new LsiFeature({ nComponents: 10 }).apply(data, context)).rejects.toThrow(
    ParamError,
  );
  const negative = AnnData.fromMatrix(
    DenseMatrix.fromRows([
      [-1, 1],
      [1, 1],
    ]),
  );
  await expect(new LsiFeature({ nComponents: 1 }).apply(negative, context)).rejects.toThrow(
    DataError,
  );
});
