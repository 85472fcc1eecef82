import { expect, test } from '@jest/globals';
import { AnnData, CsrMatrix, DenseMatrix } from '@dance-ts/core';
import { imputationControls } from './imputation-controls.js';

/** Two pairs of cells, each pair alike. */
const data = (): AnnData =>
  AnnData.fromMatrix(
    CsrMatrix.fromDense(
      DenseMatrix.fromRows([
        [8, 2, 0],
        [15, 5, 0],
        [0, 1, 9],
        [0, 4, 16],
      ]),
    ),
  );

test('counts, the profile in common and that of the nearest cell, at the depth of each cell', async () => {
  const cells = data();
  const options = { genes: [cells.varNames[2]!, cells.varNames[0]!], seed: 0, nNeighbors: 1 };
  const controls = await imputationControls(cells, options);
  const rows = (name: string): number[][] =>
    Array.from({ length: 4 }, (_, i) => [...controls[name]!.row(i)]);
  expect(rows('observed')).toEqual([
    [0, 8],
    [0, 15],
    [9, 0],
    [16, 0],
  ]);
  // 25 and 23 of 60 molecules.
  [10, 20, 10, 20].forEach((depth, i) => {
    expect(rows('mean profile')[i]![0]).toBeCloseTo((depth * 25) / 60, 5);
    expect(rows('mean profile')[i]![1]).toBeCloseTo((depth * 23) / 60, 5);
  });
  // 0 and 23 of the 30 molecules of the first pair, 25 and 0 of those of the second.
  [10, 20, 10, 20].forEach((depth, i) => {
    const [second, first] = i < 2 ? [0, 23] : [25, 0];
    expect(rows('nearest cells')[i]![0]).toBeCloseTo((depth * second) / 30, 5);
    expect(rows('nearest cells')[i]![1]).toBeCloseTo((depth * first) / 30, 5);
  });
});
