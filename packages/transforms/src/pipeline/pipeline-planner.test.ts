import { ParamError, Rng } from '@dance-ts/core';
import { describe, expect, test } from '@jest/globals';
import '../builtin-transforms.js';
import { parseConfig } from './pipeline-file.js';
import { PipelinePlanner, SKIP } from './pipeline-planner.js';
import { gridChoices, gridSize, randomChoices, searchRange } from './search-space.js';

const PIPELINE_MODE = `
type: preprocessor
tune_mode: pipeline
pipeline:
  - type: filter.gene
    include: [FilterGenesPercentile, FilterGenesScanpy]
    default_params:
      FilterGenesPercentile: {min_val: 2}
      FilterGenesScanpy: {min_cells: 1}
  - type: normalize
    include: [NormalizeTotal]
    skippable: true
    params: {target_sum: 100}
  - type: misc
    target: SetConfig
    params: {config_dict: {feature_channel: X}}
wandb: {entity: somebody, project: something, method: grid}
`;

const PARAMS_MODE = `
tune_mode: params
pipeline:
  - type: filter.gene
    target: FilterGenesPercentile
    params: {min_val: 3}
    params_to_tune:
      min_val: {values: [1, 5]}
      max_val: {min: 90, max: 99}
  - type: feature.cell
    target: CellPCA
    params_to_tune:
      n_components: {min: 2, max: 200, distribution: log_uniform_values}
`;

const planOf = async (text: string): Promise<PipelinePlanner> =>
  PipelinePlanner.fromJson(await parseConfig(text));

describe('a plan with open steps', () => {
  test('has a place for each and makes the pipeline that is chosen', async () => {
    const plan = await planOf(PIPELINE_MODE);
    const space = plan.searchSpace();
    expect([...space]).toEqual([
      ['pipeline.0.filter.gene', { values: ['FilterGenesPercentile', 'FilterGenesScanpy'] }],
      ['pipeline.1.normalize', { values: ['NormalizeTotal', SKIP] }],
    ]);
    const all = [...gridChoices(space)].map((choice) =>
      plan.generate(choice).steps.map(({ name }) => name),
    );
    expect(all).toEqual([
      ['FilterGenesPercentile', 'NormalizeTotal', 'SetConfig'],
      ['FilterGenesPercentile', 'SetConfig'],
      ['FilterGenesScanpy', 'NormalizeTotal', 'SetConfig'],
      ['FilterGenesScanpy', 'SetConfig'],
    ]);
    const [first, second] = plan.generate({
      'pipeline.0.filter.gene': 'FilterGenesPercentile',
      'pipeline.1.normalize': 'NormalizeTotal',
    }).steps;
    expect([first?.params['minVal'], second?.params['targetSum']]).toEqual([2, 100]);
  });

  test('offers what a type has, but what is excluded', () => {
    const plan = PipelinePlanner.fromJson([
      { type: 'filter.cell', exclude: ['FilterCellsType'] },
      { type: 'filter.gene' },
    ]);
    const [cells, genes] = [...plan.searchSpace().values()].map((range) =>
      'values' in range ? range.values : [],
    );
    expect(cells).toContain('FilterCellsScanpy');
    expect(cells).not.toContain('FilterCellsType');
    expect(genes).toContain('FilterGenesScanpy');
    expect(genes).not.toContain('FilterCellsScanpy');
  });

  test('is refused where a choice is missing or wrong', async () => {
    const plan = await planOf(PIPELINE_MODE);
    const generate = (choice: Record<string, unknown>) => () => plan.generate(choice);
    const skip = { 'pipeline.1.normalize': SKIP };
    expect(generate(skip)).toThrow(/step 0 .*no choice.*FilterGenesPercentile/);
    expect(generate({ ...skip, 'pipeline.0.type': 'Log1P' })).toThrow(ParamError);
    expect(generate({ 'pipeline.0.type': SKIP })).toThrow(/step 0/);
    expect(generate({ 'pipeline.9.type': 'Log1P' })).toThrow(/no place "pipeline.9.type"/);
    expect(() => PipelinePlanner.fromJson([{ type: 'nothing' }])).toThrow(/choose from/);
    const unknown = [{ type: 'filter.gene', include: ['FilterGenesScampy'] }];
    expect(() => PipelinePlanner.fromJson(unknown)).toThrow(/FilterGenesScanpy/);
    expect(() => PipelinePlanner.fromJson({ tune_mode: 'x', pipeline: [] })).toThrow(/tune_mode/);
  });
});

describe('a plan with open parameters', () => {
  test('has a place for each and keeps the values that are not tuned', async () => {
    const plan = await planOf(PARAMS_MODE);
    expect([...plan.searchSpace().keys()]).toEqual([
      'params.0.FilterGenesPercentile.minVal',
      'params.0.FilterGenesPercentile.maxVal',
      'params.1.CellPCA.nComponents',
    ]);
    const steps = plan.generate({
      'params.0.FilterGenesPercentile.max_val': 95,
      'params.1.CellPCA.n_components': 12,
    }).steps;
    expect(steps[0]?.params).toMatchObject({ minVal: 3, maxVal: 95 });
    expect(steps[1]?.params).toMatchObject({ nComponents: 12 });
  });

  test('both can be open', () => {
    const plan = PipelinePlanner.fromJson({
      tune_mode: 'pipeline_params',
      pipeline: [
        {
          type: 'feature.cell',
          include: ['CellPCA', 'NormalizeTotal'],
          params_to_tune: { n_components: [3, 4], target_sum: { value: 9 } },
        },
      ],
    });
    const space = plan.searchSpace();
    expect([...space.keys()]).toEqual([
      'pipeline.0.feature.cell',
      'params.0.CellPCA.nComponents',
      'params.0.NormalizeTotal.targetSum',
    ]);
    const made = [...gridChoices(space)].map((choice) => plan.generate(choice).toJson()[0]);
    expect(made).toMatchObject([
      { name: 'CellPCA', params: { nComponents: 3 } },
      { name: 'CellPCA', params: { nComponents: 4 } },
      { name: 'NormalizeTotal', params: { targetSum: 9 } },
      { name: 'NormalizeTotal', params: { targetSum: 9 } },
    ]);
  });
});

describe('search spaces', () => {
  const space = new Map([
    ['a', searchRange({ values: ['x', 'y'] }, 'a')],
    ['b', searchRange({ min: 1, max: 3 }, 'b')],
    ['c', searchRange({ min: 0, max: 1, distribution: 'uniform' }, 'c')],
    ['d', searchRange({ min: 0.01, max: 100, distribution: 'log_uniform_values' }, 'd')],
  ]);

  test('the grid has every combination once, ranges evenly spaced', () => {
    const choices = [...gridChoices(space, 5)];
    expect(choices).toHaveLength(gridSize(space, 5));
    expect(choices).toHaveLength(2 * 3 * 5 * 5);
    expect(new Set(choices.map((choice) => JSON.stringify(choice))).size).toBe(choices.length);
    const values = (place: string): unknown[] => [...new Set(choices.map((c) => c[place]))];
    expect(values('b')).toEqual([1, 2, 3]);
    expect(values('c')).toEqual([0, 0.25, 0.5, 0.75, 1]);
    values('d').forEach((value, k) => {
      expect(Math.log10(value as number)).toBeCloseTo(k - 2, 10);
    });
    expect([...gridChoices(new Map())]).toEqual([{}]);
  });

  test('random choices stay in their ranges, reach all of them and repeat with their seed', () => {
    const draw = (seed: number) => [...randomChoices(space, 400, Rng.fromSeed(seed))];
    const choices = draw(1);
    expect(choices).toEqual(draw(1));
    expect(choices).not.toEqual(draw(2));
    expect(new Set(choices.map(({ b }) => b))).toEqual(new Set([1, 2, 3]));
    expect(new Set(choices.map(({ a }) => a)).size).toBe(2);
    const logs = choices.map(({ d }) => Math.log10(d as number));
    expect(logs.every((value) => value >= -2 && value <= 2)).toBe(true);
    expect(Math.abs(logs.reduce((sum, value) => sum + value, 0) / 400)).toBeLessThan(0.25);
  });

  test.each([
    [{ min: 3, max: 1 }],
    [{}],
    [null],
    [{ min: 0, max: 1, distribution: 'log_uniform' }],
  ])('refuses the range %j', (range) => {
    expect(() => searchRange(range, 'x')).toThrow(ParamError);
  });
});
