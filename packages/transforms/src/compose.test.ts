import { AnnData, DenseMatrix, ParamError, type Rng } from '@dance-ts/core';
import { expect, test } from '@jest/globals';
import './builtin-transforms.js';
import { Compose, pipelineRecord } from './compose.js';
import { SetConfig } from './misc/set-config.js';
import { pipelineFromJson } from './pipeline/pipeline-file.js';
import { FilterGenesScanpy } from './preprocess/filter/filter-genes-scanpy.js';
import { Log1P } from './preprocess/normalize/log1p.js';
import { NormalizeTotal } from './preprocess/normalize/normalize-total.js';
import { registerTransform, transformTable } from './registry.js';
import { randomCounts, rowsOf, snapshot, testContext } from './testing/data.js';
import { BaseTransform, type Transform } from './transform.js';

const context = testContext();

function draw(name: string, seen: number[]): Transform {
  return {
    name,
    params: {},
    apply: (data: AnnData, { rng }: { rng: Rng }) => {
      seen.push(rng.uint32());
      return Promise.resolve(data);
    },
  };
}

test('steps run in order, on a copy', async () => {
  const data = AnnData.fromMatrix(
    DenseMatrix.fromRows([
      [1, 0],
      [3, 0],
    ]),
  );
  const before = snapshot(data);
  const steps = [new FilterGenesScanpy({ minCounts: 1 }), new NormalizeTotal({ targetSum: 7 })];
  const result = await new Compose([...steps, new Log1P({ base: 2 })]).apply(data, context);
  expect(rowsOf(result.X)).toEqual([[3], [3]]);
  expect(snapshot(data)).toEqual(before);
});

test('what ran is recorded in the result, over several pipelines', async () => {
  const data = AnnData.fromMatrix(
    DenseMatrix.fromRows([
      [1, 0],
      [3, 0],
    ]),
  );
  const first = await new Compose([new FilterGenesScanpy({ minCells: 1 })]).apply(data, context);
  const second = await new Compose([new Log1P()]).apply(first, context);
  expect(pipelineRecord(data)).toEqual([]);
  expect(pipelineRecord(second)).toEqual([
    { name: 'FilterGenesScanpy', params: { minCells: 1 }, nObs: 2, nVars: 1 },
    { name: 'Log1P', params: {}, nObs: 2, nVars: 1 },
  ]);
});

test('a pipeline inside a pipeline is its steps', () => {
  const inner = new Compose([new NormalizeTotal(), new Log1P()]);
  const outer = new Compose([new FilterGenesScanpy({ minCounts: 1 }), inner]);
  expect(outer.steps.map((step) => step.name)).toEqual([
    'FilterGenesScanpy',
    'NormalizeTotal',
    'Log1P',
  ]);
});

test('an empty pipeline returns equal data', async () => {
  const data = AnnData.fromMatrix(randomCounts(3, 4));
  const result = await new Compose([]).apply(data, context);
  expect(result).not.toBe(data);
  expect(snapshot(result)).toEqual(snapshot(data));
});

test('adding a step leaves the random streams of the others', async () => {
  const data = AnnData.fromMatrix(randomCounts(3, 4));
  const short: number[] = [];
  const long: number[] = [];
  await new Compose([draw('A', short), draw('A', short)]).apply(data, context);
  await new Compose([draw('B', long), draw('A', long), draw('A', long)]).apply(data, context);
  expect(long.slice(1)).toEqual(short);
  expect(new Set(long).size).toBe(3);
});

test('JSON round trip keeps names and parameters', () => {
  const pipeline = new Compose([
    new FilterGenesScanpy({ minCounts: 3, maxCells: 0.9 }),
    new NormalizeTotal(),
    new SetConfig({ feature: [{ slot: 'X' }], label: { slot: 'obs', key: 'n_counts' } }),
  ]);
  const text = JSON.stringify(pipeline.toJson());
  const again = pipelineFromJson(JSON.parse(text));
  expect(JSON.stringify(again.toJson())).toBe(text);
  expect(again.steps[0]).toBeInstanceOf(FilterGenesScanpy);
});

test.each([
  [{}, /list of steps/],
  [[{ params: {} }], /step 0/],
  [['Log1P'], /step 0/],
  [[{ name: 'Log1P' }, { name: 'Log2P' }], /no transform "Log2P".*Log1P/],
  [[{ name: 'Log1P', params: { bas: 2 } }], /Log1P has no parameter "bas".*base/],
  [[{ name: 'Log1P', params: { base: 'e' } }], /parameter "base"/],
  [[{ name: 'Log1P', param: { base: 2 } }], /no field "param"/],
  [[{ name: 'Log1P', params: [2] }], /step 0/],
])('refuses the pipeline %j', (json, message) => {
  expect(() => pipelineFromJson(json)).toThrow(ParamError);
  expect(() => pipelineFromJson(json)).toThrow(message);
});

test('abort stops a pipeline between steps', async () => {
  const controller = new AbortController();
  const stop: Transform = {
    name: 'Stop',
    params: {},
    apply: (data: AnnData) => {
      controller.abort();
      return Promise.resolve(data);
    },
  };
  const seen: number[] = [];
  const run = new Compose([stop, draw('Never', seen)]).apply(
    AnnData.fromMatrix(randomCounts(2, 2)),
    {
      ...context,
      signal: controller.signal,
    },
  );
  await expect(run).rejects.toMatchObject({ code: 'ABORTED' });
  expect(seen).toEqual([]);
});

test('SetConfig sets the channels it names and keeps the others', async () => {
  const data = AnnData.fromMatrix(randomCounts(3, 3));
  data.layers.set('counts', data.X);
  data.channels = { label: { slot: 'obs', key: 'type' } };
  const set = await new SetConfig({ feature: [{ slot: 'layers', key: 'counts' }] }).apply(
    data,
    context,
  );
  expect(set.channels).toEqual({
    label: { slot: 'obs', key: 'type' },
    feature: [{ slot: 'layers', key: 'counts' }],
  });
  expect(data.channels.feature).toBeUndefined();
  const missing = new SetConfig({ label: { slot: 'obs', key: 'nowhere' } }).apply(data, context);
  await expect(missing).rejects.toThrow(/no obs\["nowhere"\]/);
  await expect(new SetConfig({ feature: [{ slot: 'raw' }] }).apply(data, context)).rejects.toThrow(
    /no raw/,
  );
});

test('a name is registered once', () => {
  class Other extends BaseTransform {
    static readonly spec = { ...Log1P.spec };
    constructor() {
      super(Other.spec, {});
    }
    protected override transform(data: AnnData): AnnData {
      return data;
    }
  }
  registerTransform(Log1P);
  expect(() => {
    registerTransform(Other);
  }).toThrow(/"Log1P" is registered already/);
});

test('the table of transforms is complete enough to be printed', () => {
  const table = transformTable();
  expect(table.map((row) => row.name)).toEqual([...table.map((row) => row.name)].sort());
  for (const row of table) {
    expect(row.summary).toMatch(/\.$/);
    expect(row.source).not.toBe('');
    for (const parameter of row.params) expect(parameter.description).not.toBe('');
  }
  expect(table.find((row) => row.name === 'Log1P')?.params).toMatchObject([
    { name: 'base', type: 'number' },
  ]);
});
