import { AnnData, columnValue, DataError, DenseMatrix, ParamError } from '@dance-ts/core';
import { describe, expect, test } from '@jest/globals';
import { bothKinds, randomCounts, snapshot, testContext } from '../../testing/data.js';
import { goldenCase, readGolden } from '../../testing/golden.js';
import { expectClose } from '../../testing/matchers.js';
import { FilterGenesRegression } from './filter-genes-regression.js';

const { X } = goldenCase(
  (readGolden('preprocess') as { cases: { name: string; X: number[][] }[] }).cases,
  'counts',
);
const context = testContext();

/** The formulas with numpy.polyfit, NumPy 1.24.2, on the golden counts. */
const SCORES = {
  enclasc: [
    -100.0, -0.542583962747, -1.617347323011, -0.372075660466, -0.869508262236, -100.0,
    -0.05581927176, -100.0, -0.053438830448, -0.05581927176, 0.038156450594, -0.380600182802,
  ],
  seurat3: [
    -0.077067466603, -0.051310951587, 0.406328110501, 0.169579649105, 0.15499035553,
    -0.077067466603, -0.000869187469, -1.103714185059, 0.366574897879, -0.000869187469,
    -0.020766830299, 0.234192262074,
  ],
  scmap: [
    -100.0, -0.274891863651, -0.233986043307, 0.257790828301, -0.059719798695, -100.0,
    -0.12408199483, -100.0, 0.328393561908, -0.12408199483, -0.138822911643, 0.369400216749,
  ],
};

describe.each(bothKinds(X))('%s', (_, data) => {
  test.each(['enclasc', 'seurat3', 'scmap'] as const)('%s', async (method) => {
    const all = await new FilterGenesRegression({ method }).apply(data, context);
    const scores = all.varNames.map((_, g) =>
      Number(columnValue(all.var.get('regression_score'), g)),
    );
    expectClose(scores, SCORES[method], 1e-9);
    const best = SCORES[method]
      .map((score, g) => [score, g] as const)
      .sort(([a], [b]) => b - a)
      .slice(0, 4)
      .map(([, g]) => g)
      .sort((a, b) => a - b);
    const kept = await new FilterGenesRegression({ method, numGenes: 4 }).apply(data, context);
    expect(kept.varNames).toEqual(best.map((g) => data.varNames[g]));
  });
});

test('a gene that varies more than its like is found by seurat3 and scmap', async () => {
  const counts = randomCounts(60, 40);
  const rows = counts.toDense();
  // Gene 20 has the counts of its like, but all in a third of the cells.
  for (let i = 0; i < 60; i++) {
    const value = rows.get(i, 20);
    rows.data[i * 40 + 20] = i % 3 === 0 ? 3 * Math.max(1, value) : 0;
  }
  for (const method of ['seurat3', 'scmap'] as const) {
    const step = new FilterGenesRegression({ method, numGenes: 3 });
    const kept = await step.apply(AnnData.fromMatrix(rows), context);
    expect(kept.varNames).toContain('gene_00020');
  }
});

test('the input stays; fractions are warned of unless unwanted; no cells are refused', async () => {
  const data = AnnData.fromMatrix(randomCounts(20, 12).mapData(Math.sqrt));
  const before = snapshot(data);
  const { messages, ...watched } = testContext();
  await new FilterGenesRegression({ skipCountCheck: true }).apply(data, watched);
  expect(messages).toEqual([]);
  await new FilterGenesRegression().apply(data, watched);
  expect(messages).toEqual([expect.stringMatching(/^warning: .*fractions/)]);
  expect(snapshot(data)).toEqual(before);
  const empty = AnnData.fromMatrix(DenseMatrix.zeros(0, 2));
  await expect(new FilterGenesRegression().apply(empty, context)).rejects.toThrow(DataError);
  expect(() => new FilterGenesRegression({ numGenes: 0 })).toThrow(ParamError);
});
