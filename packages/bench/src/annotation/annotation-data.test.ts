import { expect, test } from '@jest/globals';
import { ParamError } from '@dance-ts/core';
import { loadAnnotationData } from './annotation-data.js';

test('a map of labels without a column of labels is refused before anything is read', async () => {
  const source = { dataset: '', reference: 'none.h5ad', query: 'none.h5ad', labelKey: 'type' };
  const loading = loadAnnotationData({ ...source, queryLabelMap: 'map.csv' }, {});
  await expect(loading).rejects.toThrow(ParamError);
  await expect(loading).rejects.toThrow(/--query-label-key/);
});
