import { AnnData, DenseMatrix, ParamError } from '@dance-ts/core';
import { expect, test } from '@jest/globals';
import { snapshot, testContext } from '../../testing/data.js';
import { FilterGenesMatch } from './filter-genes-match.js';

const data = AnnData.fromMatrix(DenseMatrix.zeros(2, 6), {
  varNames: ['MT-CO1', 'mt-Nd1', 'Actb', 'ERCC-00002', 'ACTB-PS', 'Mtor'],
});

const kept = async (input: ConstructorParameters<typeof FilterGenesMatch>[0]) =>
  (await new FilterGenesMatch(input).apply(data, testContext())).varNames;

test('genes are dropped whatever their capitals', async () => {
  const before = snapshot(data);
  expect(await kept({ prefixes: ['MT-', 'ercc-'] })).toEqual(['Actb', 'ACTB-PS', 'Mtor']);
  expect(await kept({ suffixes: ['-ps'] })).not.toContain('ACTB-PS');
  expect(snapshot(data)).toEqual(before);
});

test('unless the capitals are asked for', async () => {
  expect(await kept({ prefixes: ['MT-'], caseSensitive: true })).toEqual([
    'mt-Nd1',
    'Actb',
    'ERCC-00002',
    'ACTB-PS',
    'Mtor',
  ]);
  expect(await kept({ prefixes: ['mt-'], suffixes: ['b'], caseSensitive: true })).toEqual([
    'MT-CO1',
    'ERCC-00002',
    'ACTB-PS',
    'Mtor',
  ]);
});

test('nothing to match, and a match of everything, are refused', async () => {
  expect(() => new FilterGenesMatch()).toThrow(ParamError);
  expect(() => new FilterGenesMatch({ prefixes: [''] })).toThrow(ParamError);
  await expect(kept({ prefixes: ['m', 'a', 'e'] })).rejects.toThrow(/leaves no gene/);
});
