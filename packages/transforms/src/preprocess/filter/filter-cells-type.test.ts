import {
  AnnData,
  categoricalFromStrings,
  DataError,
  DenseMatrix,
  ParamError,
  stringColumn,
} from '@dance-ts/core';
import { expect, test } from '@jest/globals';
import { snapshot, testContext } from '../../testing/data.js';
import { FilterCellsType } from './filter-cells-type.js';

const context = testContext();
const TYPES = ['a', 'b', 'a', null, 'c', 'a', 'b', null];

function typed(): AnnData {
  const data = AnnData.fromMatrix(DenseMatrix.fromRows(TYPES.map((_, i) => [i, 1])));
  data.obs.set('type', categoricalFromStrings(TYPES));
  data.obs.set('names', stringColumn(TYPES));
  data.splits = {
    train: Int32Array.of(0, 1, 2, 4),
    val: Int32Array.of(5, 6),
    test: Int32Array.of(3, 7),
  };
  return data;
}

test('types with at most as many cells go; cells without a label stay, splits follow', async () => {
  const { messages, ...watched } = testContext();
  const data = typed();
  const before = snapshot(data);
  const step = new FilterCellsType({ cellTypeThreshold: 2, labelKey: 'type' });
  const result = await step.apply(data, watched);
  expect(result.obsNames).toEqual([0, 2, 3, 5, 7].map((i) => data.obsNames[i]));
  expect(result.splits).toEqual({
    train: Int32Array.of(0, 1),
    val: Int32Array.of(3),
    test: Int32Array.of(2, 4),
  });
  expect(messages).toEqual([expect.stringMatching(/^info: .*at most 2 cells dropped: b, c$/)]);
  expect(snapshot(data)).toEqual(before);
});

test('the label channel is used where no column is named, and plain text is fine', async () => {
  const data = typed();
  data.channels = { label: { slot: 'obs', key: 'names' } };
  const result = await new FilterCellsType({ cellTypeThreshold: 1 }).apply(data, context);
  expect(result.nObs).toBe(7);
});

test('no column, an unknown one, and nothing left are refused', async () => {
  await expect(new FilterCellsType().apply(typed(), context)).rejects.toThrow(ParamError);
  const unknown = new FilterCellsType({ labelKey: 'kind' });
  await expect(unknown.apply(typed(), context)).rejects.toThrow(DataError);
  const labelled = typed().subset({ obs: [0, 1, 2] });
  const all = new FilterCellsType({ labelKey: 'type' });
  await expect(all.apply(labelled, context)).rejects.toThrow(DataError);
});
