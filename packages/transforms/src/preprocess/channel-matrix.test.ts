import { AnnData, DataError, ParamError, stringColumn } from '@dance-ts/core';
import { describe, expect, test } from '@jest/globals';
import { randomCounts, rowsOf, testContext } from '../testing/data.js';
import type { Transform } from '../transform.js';
import { channelMatrix } from './channel-matrix.js';
import { FilterGenesPercentile } from './filter/filter-genes-percentile.js';
import { FilterGenesRegression } from './filter/filter-genes-regression.js';
import { FilterGenesTopK } from './filter/filter-genes-top-k.js';
import {
  HighlyVariableGenesLogarithmizedByMeanAndDisp,
  HighlyVariableGenesLogarithmizedByTopGenes,
  HighlyVariableGenesRawCount,
} from './filter/highly-variable-genes-dance.js';
import { CellGiottoTopicProfile } from './pseudobulk/cell-giotto-topic-profile.js';
import { CellTopicProfile } from './pseudobulk/cell-topic-profile.js';

const context = testContext();
const counts = randomCounts(40, 30);
const others = randomCounts(40, 30, 9);
const data = AnnData.fromMatrix(others);
data.layers.set('counts', counts);
const direct = AnnData.fromMatrix(counts);
for (const cells of [data, direct]) {
  cells.obs.set('cellType', stringColumn(cells.obsNames.map((_, i) => `type ${i % 3}`)));
}

test('X, or the layer that is named', () => {
  expect(channelMatrix(data, {}, 'Step')).toBe(others);
  expect(channelMatrix(data, { channel: 'counts' }, 'Step')).toBe(counts);
  expect(channelMatrix(data, { channel: 'counts', channelType: 'layers' }, 'Step')).toBe(counts);
  expect(channelMatrix(data, { channel: 'counts', channelType: 'X' }, 'Step')).toBe(others);
  expect(() => channelMatrix(data, { channel: 'logs' }, 'Step')).toThrow(DataError);
  expect(() => channelMatrix(data, { channelType: 'layers' }, 'Step')).toThrow(ParamError);
});

type Maker = (input: { channel?: string }) => Transform;

describe('steps that read a channel', () => {
  test.each([
    ['FilterGenesTopK', (input) => new FilterGenesTopK({ numGenes: 9, mode: 'rv', ...input })],
    ['FilterGenesPercentile', (input) => new FilterGenesPercentile({ minVal: 50, ...input })],
    ['FilterGenesRegression', (input) => new FilterGenesRegression({ numGenes: 9, ...input })],
    [
      'HighlyVariableGenesRawCount',
      (input) => new HighlyVariableGenesRawCount({ nTopGenes: 9, span: 0.8, ...input }),
    ],
    [
      'HighlyVariableGenesLogarithmizedByTopGenes',
      (input) => new HighlyVariableGenesLogarithmizedByTopGenes({ nTopGenes: 9, ...input }),
    ],
    [
      'HighlyVariableGenesLogarithmizedByMeanAndDisp',
      (input) => new HighlyVariableGenesLogarithmizedByMeanAndDisp({ maxMean: 20, ...input }),
    ],
  ] as [string, Maker][])('%s chooses by it and keeps X', async (_, make) => {
    const fromLayer = await make({ channel: 'counts' }).apply(data, context);
    const expected = await make({}).apply(direct, context);
    const fromX = await make({}).apply(data, context);
    expect(fromLayer.varNames).toEqual(expected.varNames);
    expect(fromLayer.varNames).not.toEqual(fromX.varNames);
    const kept = fromLayer.varNames.map((name) => data.var.indexOf(name));
    expect(rowsOf(fromLayer.X)).toEqual(rowsOf(others.selectColumns(kept)));
  });

  test.each([
    ['CellTopicProfile', (input) => new CellTopicProfile({ method: 'mean', out: 'p', ...input })],
    ['CellGiottoTopicProfile', (input) => new CellGiottoTopicProfile({ out: 'p', ...input })],
  ] as [string, Maker][])('%s', async (_, make) => {
    const fromLayer = (await make({ channel: 'counts' }).apply(data, context)).varm.get('p');
    expect(fromLayer).toEqual((await make({}).apply(direct, context)).varm.get('p'));
    expect(fromLayer).not.toEqual((await make({}).apply(data, context)).varm.get('p'));
  });
});

test('an empty layer key is no key', () => {
  expect(() => new FilterGenesTopK({ channel: '' })).toThrow(ParamError);
});
