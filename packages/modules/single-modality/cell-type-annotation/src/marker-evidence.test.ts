import { describe, expect, test } from '@jest/globals';
import { AnnData, DenseMatrix, ParamError, silentReporter, type Classifier } from '@dance-ts/core';
import { markerEvidence } from './marker-evidence.js';

const RUN = { reporter: silentReporter };

/** Two types; gene 0 marks the first and gene 3 the second, the others are the same in both. */
const cells = AnnData.fromMatrix(
  DenseMatrix.fromRows([
    [9, 2, 2, 0],
    [8, 3, 2, 0],
    [0, 2, 2, 7],
    [0, 2, 3, 9],
  ]),
  { varNames: ['a', 'x', 'y', 'b'] },
);

/** Says A by the share of gene a among a and b. */
const model = {
  classes: ['A', 'B'],
  predictProba: (query: AnnData) => {
    const X = query.X.toDense();
    const rows = Array.from({ length: X.nRows }, (_, i) => {
      const p = (X.get(i, 0) + 1) / (X.get(i, 0) + X.get(i, 3) + 2);
      return [p, 1 - p];
    });
    return Promise.resolve(DenseMatrix.fromRows(rows));
  },
  predict: async (query: AnnData) => {
    const proba = await model.predictProba(query);
    return query.obsNames.map((_, i) => (proba.get(i, 0) > 0.5 ? 'A' : 'B'));
  },
};

describe('markerEvidence', () => {
  test('names the gene each label rests on, and how much', async () => {
    const evidence = await markerEvidence(model as unknown as Classifier, cells, {
      nGenes: 2,
      ...RUN,
    });
    const [first] = evidence.get('A') ?? [];
    // Probabilities 10/11 and 9/10 fall to 1/2.
    expect(first?.gene).toBe('a');
    expect(first?.drop).toBeCloseTo((10 / 11 + 9 / 10) / 2 - 0.5, 6);
    expect(evidence.get('B')?.map(({ gene }) => gene)[0]).toBe('b');
    expect(evidence.get('B')?.[1]?.drop).toBeCloseTo(0, 6);
  });

  test('numbers below 1 are refused', async () => {
    await expect(
      markerEvidence(model as unknown as Classifier, cells, { nGenes: 0 }),
    ).rejects.toThrow(ParamError);
  });
});
