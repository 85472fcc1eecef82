import { booleanColumn, columnValue, DataError, DenseMatrix, ParamError } from '@dance-ts/core';
import { AnnData } from '@dance-ts/core';
import { describe, expect, test } from '@jest/globals';
import { bothKinds, snapshot, testContext } from '../../testing/data.js';
import { FilterGenesPercentile } from './filter-genes-percentile.js';
import { FilterGenesTopK } from './filter-genes-top-k.js';

const context = testContext();

/**
 * Genes:      a     b     c     d    e
 * sum         4     8     8     0    12
 * variance    0     12    1     0    3
 * cv          0     1.73  0.5   0    0.577
 * var / mean  0     6     0.5   0    1
 */
const ROWS = [
  [1, 8, 3, 0, 2],
  [1, 0, 1, 0, 2],
  [1, 0, 3, 0, 2],
  [1, 0, 1, 0, 6],
];

function named(data: AnnData): AnnData {
  return AnnData.fromMatrix(data.X, { varNames: ['a', 'b', 'c', 'd', 'e'] });
}

describe.each(bothKinds(ROWS))('%s', (_, unnamed) => {
  const data = named(unnamed);

  test.each([
    ['sum', ['b', 'e']],
    ['var', ['b', 'e']],
    ['cv', ['b', 'e']],
    ['rv', ['b', 'e']],
  ] as const)('the two largest by %s, in the order of the genes', async (mode, expected) => {
    const before = snapshot(data);
    const kept = await new FilterGenesTopK({ numGenes: 2, mode }).apply(data, context);
    expect(kept.varNames).toEqual(expected);
    expect(snapshot(data)).toEqual(before);
  });

  test('summaries are written', async () => {
    const summary = async (mode: 'sum' | 'var' | 'cv' | 'rv') => {
      const kept = await new FilterGenesTopK({ mode }).apply(data, context);
      return kept.varNames.map((_, g) => columnValue(kept.var.get('gene_summary'), g));
    };
    expect(await summary('sum')).toEqual([4, 8, 8, 0, 12]);
    expect(await summary('var')).toEqual([0, 12, 1, 0, 3]);
    expect(await summary('cv')).toEqual([0, Math.sqrt(12) / 2, 0.5, 0, Math.sqrt(3) / 3]);
    expect(await summary('rv')).toEqual([0, 6, 0.5, 0, 1]);
  });

  test('the smallest; of equal ones the first', async () => {
    const smallest = new FilterGenesTopK({ numGenes: 1, top: false, mode: 'var' });
    expect((await smallest.apply(data, context)).varNames).toEqual(['a']);
    const second = new FilterGenesTopK({ numGenes: 2, mode: 'sum' });
    expect((await second.apply(data, context)).varNames).toEqual(['b', 'e']);
  });

  test('genes on a whitelist stay, in both filters', async () => {
    const marked = data.view();
    marked.var.set('wanted', booleanColumn([0, 0, 0, 1, 0]));
    const whitelistIndicators = ['wanted'];
    const top = new FilterGenesTopK({ numGenes: 1, mode: 'sum', whitelistIndicators });
    expect((await top.apply(marked, context)).varNames).toEqual(['d', 'e']);
    const middle = new FilterGenesPercentile({ minVal: 40, maxVal: 80, whitelistIndicators });
    expect((await middle.apply(marked, context)).varNames).toEqual(['b', 'c', 'd']);
    const unknown = new FilterGenesTopK({ whitelistIndicators: ['missing'] });
    await expect(unknown.apply(data, context)).rejects.toThrow(/no column "missing"/);
  });

  test('counts and cells are written on request', async () => {
    const step = new FilterGenesTopK({
      numGenes: 1,
      mode: 'var',
      addNCounts: true,
      addNCells: true,
    });
    const { var: genes } = await step.apply(data, context);
    expect(columnValue(genes.get('n_counts'), 0)).toBe(8);
    expect(columnValue(genes.get('n_cells'), 0)).toBe(1);
    const plain = await new FilterGenesTopK({ numGenes: 1 }).apply(data, context);
    expect(plain.var.columnNames).toEqual(['gene_summary']);
  });
});

test('what cannot be summed up is refused', async () => {
  expect(() => new FilterGenesTopK({ numGenes: 0 })).toThrow(ParamError);
  const empty = AnnData.fromMatrix(DenseMatrix.zeros(0, 3));
  await expect(new FilterGenesTopK().apply(empty, context)).rejects.toThrow(DataError);
  const negative = AnnData.fromMatrix(DenseMatrix.fromRows([[-1]]));
  await expect(new FilterGenesTopK().apply(negative, context)).rejects.toThrow(DataError);
});
