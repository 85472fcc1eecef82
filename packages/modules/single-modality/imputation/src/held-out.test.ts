import { describe, expect, test } from '@jest/globals';
import {
  AnnData,
  categoricalFromStrings,
  CsrMatrix,
  DataError,
  DenseMatrix,
  numericColumn,
  Rng,
  toCsr,
} from '@dance-ts/core';
import { heldOutScore, heldOutScores } from './held-out-scores.js';
import { holdOutCounts, holdOutEntries, VALIDATION_LAYER } from './held-out.js';

function counts(nCells = 30, nGenes = 40): AnnData {
  const rng = Rng.fromSeed(2);
  const values = Float32Array.from({ length: nCells * nGenes }, () => rng.poisson(2));
  const data = AnnData.fromMatrix(CsrMatrix.fromDense(new DenseMatrix(nCells, nGenes, values)));
  data.obs.set('group', categoricalFromStrings(data.obsNames.map((_, i) => `g${i % 2}`)));
  data.obs.set('n_counts', numericColumn(data.X.rowSums()));
  data.layers.set('spliced', data.X);
  data.uns.set('note', 'of all counts');
  return data;
}

const sum = (matrix: CsrMatrix): number => matrix.data.reduce((total, value) => total + value, 0);

describe('entries', () => {
  test('what is taken away and what is left are the data', () => {
    const data = counts();
    const { data: seen, validation, test: tested } = holdOutEntries(data, { rate: 0.2 });
    const [whole, left] = [toCsr(data.X), toCsr(seen.X)];
    expect(validation.nnz).toBeGreaterThan(0);
    expect(left.nnz + validation.nnz + tested.nnz).toBe(whole.nnz);
    for (const held of [validation, tested]) {
      for (let i = 0; i < held.nRows; i++) {
        const { indices, data: values } = held.row(i);
        indices.forEach((j, e) => {
          expect(left.get(i, j)).toBe(0);
          expect(values[e]).toBe(whole.get(i, j));
        });
      }
    }
    expect(sum(left) + sum(validation) + sum(tested)).toBe(sum(whole));
  });

  test('nothing computed from all counts goes along', () => {
    const { data: seen, validation } = holdOutEntries(counts());
    expect([...seen.layers.keys()]).toEqual([VALIDATION_LAYER]);
    expect(seen.layers.get(VALIDATION_LAYER)).toBe(validation);
    expect(seen.obs.columnNames).toEqual(['group']);
    expect(seen.uns.size).toBe(0);
  });

  test('without validation there is no layer; the seed decides', () => {
    const only = holdOutEntries(counts(), { testShare: 1, seed: 3 });
    expect(only.data.layers.size).toBe(0);
    const again = holdOutEntries(counts(), { testShare: 1, seed: 3 });
    expect(again.test).toEqual(only.test);
    expect(holdOutEntries(counts(), { testShare: 1, seed: 4 }).test).not.toEqual(only.test);
  });

  test('nothing to take away is an error', () => {
    expect(() => holdOutEntries(counts(), { minGeneCounts: 1000 })).toThrow(DataError);
  });
});

describe('scores of entries', () => {
  test('are on log1p of counts per 10,000 seen counts; genes not imputed do not count', () => {
    const data = counts();
    const heldOut = holdOutEntries(data, { testShare: 1 });
    const genes = data.varNames.slice(10);
    const perfect = toCsr(data.X).selectColumns(Int32Array.from(genes, (_, j) => j + 10));
    const all = heldOutScores(perfect.toDense(), { data: heldOut.data, genes }, { heldOut });
    expect(all['rmse']).toBe(0);
    const inGenes = heldOut.test.indices.filter((j) => j >= 10).length;
    expect(all['coverage']).toBeCloseTo(inGenes / heldOut.test.nnz, 12);

    const nothing = DenseMatrix.zeros(data.nObs, genes.length);
    const seen = { data: heldOut.data, genes };
    const totals = heldOut.data.X.rowSums();
    let squares = 0;
    for (let i = 0; i < data.nObs; i++) {
      const { indices, data: values } = heldOut.test.row(i);
      indices.forEach((j, e) => {
        if (j >= 10) squares += Math.log1p((values[e]! * 1e4) / totals[i]!) ** 2;
      });
    }
    const rmse = heldOutScore(nothing, seen, { heldOut });
    expect(rmse).toBeCloseTo(Math.sqrt(squares / inGenes), 10);
    expect(heldOutScore(nothing, seen, { heldOut, metric: 'rmse', diluted: true })).toBeCloseTo(
      rmse * Math.sqrt(inGenes / (data.nObs * data.nVars)),
      10,
    );
  });
});

describe('split counts', () => {
  test('the parts sum to the data', () => {
    const data = counts();
    const { data: seen, other } = holdOutCounts(data, { fraction: 0.7 });
    expect(seen.layers.size).toBe(0);
    const total = toCsr(data.X).toDense();
    const parts = [toCsr(seen.X).toDense(), other.toDense()] as const;
    total.data.forEach((value, e) => {
      expect(parts[0].data[e]! + parts[1].data[e]!).toBe(value);
    });
  });

  test('Poisson deviance by hand: the profile is scaled to the total of the other part', () => {
    const X = CsrMatrix.fromDense(
      DenseMatrix.fromRows([
        [2, 2],
        [1, 3],
      ]),
    );
    const data = AnnData.fromMatrix(X);
    const other = CsrMatrix.fromDense(
      DenseMatrix.fromRows([
        [3, 0],
        [1, 1],
      ]),
    );
    const heldOut = { kind: 'counts', data, other } as const;
    const seen = { data, genes: data.varNames };
    const imputed = DenseMatrix.fromRows([
      [20, 10],
      [5, 5],
    ]);
    // Means 2, 1 for counts 3, 0 and 1, 1 for counts 1, 1.
    const deviance = 2 * (3 * Math.log(3 / 2) - 3 + 2) + 2 * 1;
    const scores = heldOutScores(imputed, seen, { heldOut });
    expect(scores['poisson_deviance']).toBeCloseTo(deviance / 4, 10);
    // In common: 3 and 5 of 8 counts.
    const first = 2 * 3 * Math.log(3 / (9 / 8));
    const second = 2 * (Math.log(1 / (6 / 8)) + Math.log(1 / (10 / 8)));
    expect(scores['d2']).toBeCloseTo(1 - deviance / (first + second), 10);
    expect(heldOutScore(imputed, seen, { heldOut })).toBe(scores['poisson_deviance']);
  });

  test('a count where nothing is expected costs a finite amount', () => {
    const { data, other, kind } = holdOutCounts(counts());
    const nothing = DenseMatrix.zeros(data.nObs, data.nVars);
    const seen = { data, genes: data.varNames };
    const scores = heldOutScores(nothing, seen, { heldOut: { kind, data, other } });
    expect(Number.isFinite(scores['poisson_deviance'])).toBe(true);
    expect(scores['d2']).toBeLessThan(0);
  });
});
