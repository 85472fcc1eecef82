import { AnnData, columnValue, DataError, DenseMatrix, ParamError } from '@dance-ts/core';
import { describe, expect, test } from '@jest/globals';
import { bothKinds, snapshot, testContext } from '../../testing/data.js';
import { expectClose, expectMatrixClose } from '../../testing/matchers.js';
import { SpatialIDEFeature } from './spatial-ide-feature.js';
import { TangramFeature } from './tangram-feature.js';

const context = testContext();
const ROWS = [
  [0, 7, 0, 1, 0, 0],
  [1, 1, 3, 3, 2, 0],
  [0, 1, 2, 3, 0, 0],
  [1, 3, 0, 2, 1, 3],
  [1, 3, 2, 5, 0, 2],
  [2, 1, 2, 0, 0, 1],
  [2, 8, 0, 1, 3, 3],
  [2, 5, 1, 2, 0, 2],
];

describe.each(bothKinds(ROWS))('%s', (_, data) => {
  test('values without depth equal those of SciPy and NumPy', async () => {
    const before = snapshot(data);
    const found = await new SpatialIDEFeature().apply(data, context);
    const values = found.obsm.get('SpatialIDEFeature') as DenseMatrix;
    // scipy.optimize.curve_fit (phi = 0.2754490), numpy.linalg.lstsq on 1 and the log totals
    expectMatrixClose(
      values.selectRows([0, 3, 7]),
      [
        [-0.24915794, 0.29432268, 1.39013665, 0.35598242, -0.70109661, -1.06155348],
        [0.09896071, -0.51234859, 1.47533288, 0.5870713, -0.40147521, -0.26387089],
        [0.32879889, -0.32999588, 1.98377736, 0.52753281, -0.95405435, -0.64200363],
      ],
      1e-5,
    );
    expect(snapshot(data)).toEqual(before);
  });

  test('densities', async () => {
    const densities = async (input: ConstructorParameters<typeof TangramFeature>[0]) => {
      const { obs } = await new TangramFeature({ out: 'd', ...input }).apply(data, context);
      return obs.index.map((_, i) => Number(columnValue(obs.get('d'), i)));
    };
    expect(await densities({})).toEqual(new Array(8).fill(1 / 8));
    const totals = [8, 10, 6, 10, 13, 6, 17, 12];
    expectClose(
      await densities({ densityMode: 'rna_count' }),
      totals.map((n) => n / 82),
      1e-12,
    );
  });
});

test('spots that all have one depth lose nothing', async () => {
  const rows = [
    [9, 1],
    [1, 9],
    [0, 10],
  ];
  const data = AnnData.fromMatrix(DenseMatrix.fromRows(rows));
  const values = (await new SpatialIDEFeature({ out: 'v' }).apply(data, context)).obsm.get('v');
  const [first, second, third] = [0, 1, 2].map((i) => (values as DenseMatrix).get(i, 0));
  // Distances are those of ln(x + c) for one c.
  const ratio = Math.exp(Number(first) - Number(second));
  const c = (9 - ratio) / (ratio - 1);
  expect(third).toBeCloseTo(Math.log(c), 4);
  expect(first).toBeCloseTo(Math.log(9 + c), 4);
});

test('what has no dispersion, no counts or no cells is refused', async () => {
  const run = (rows: number[][]) =>
    new SpatialIDEFeature().apply(AnnData.fromMatrix(DenseMatrix.fromRows(rows)), context);
  await expect(
    run([
      [2, 3],
      [2, 3],
    ]),
  ).rejects.toThrow(/do not vary more/);
  await expect(run([[2], [0]])).rejects.toThrow(/spot 1 has no counts/);
  await expect(run([[2]])).rejects.toThrow(DataError);
  const zeros = AnnData.fromMatrix(DenseMatrix.zeros(2, 2));
  const byCounts = new TangramFeature({ densityMode: 'rna_count' });
  await expect(byCounts.apply(zeros, context)).rejects.toThrow(/no counts/);
  expect(() => new TangramFeature({ out: '' })).toThrow(ParamError);
});
