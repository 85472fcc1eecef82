import { AnnData, FormatError, ParamError } from '@dance-ts/core';
import { describe, expect, test } from '@jest/globals';
import '../builtin-transforms.js';
import { pipelineRecord } from '../compose.js';
import { getTransform } from '../registry.js';
import { randomCounts, testContext } from '../testing/data.js';
import { pipelineFromJson, pipelineFromText } from './pipeline-file.js';

const YAML = `
type: preprocessor
pipeline:
  - type: filter.gene        # by its folder in DANCE
    target: FilterGenesScanpy
    params: {min_counts: 3, log_level: INFO}
  - type: filter.cell
    target: FilterCellsPlaceHolder
    _skip_: true
  - desc: normalization
    pipeline:
      - {target: NormalizeTotal, params: {target_sum: 10000, max_fraction: null}}
      - {type: preprocessor.normalize.Log1P}
  - type: split.entry
    target: CellwiseMaskData
    params: {mask_rate: 0.2, add_test_mask: true, random_state: 7}
  - type: feature.cell
    target: CellPCA
    params: {n_components: 4, seed: 3}
  - target: SetConfig
    params:
      config_dict:
        feature_channel: [X_pca, null]
        feature_channel_type: [obsm, X]
        label_channel: group
        label_channel_type: obs
`;

const EXPECTED = [
  { name: 'FilterGenesScanpy', params: { minCounts: 3 } },
  { name: 'NormalizeTotal', params: { targetSum: 10000 } },
  { name: 'Log1P', params: {} },
  { name: 'CellwiseMaskData', params: { maskRate: 0.2, addTestMask: true, seed: 7 } },
  { name: 'CellPCA', params: { nComponents: 4 } },
  {
    name: 'SetConfig',
    params: {
      feature: [{ slot: 'obsm', key: 'X_pca' }, { slot: 'X' }],
      label: { slot: 'obs', key: 'group' },
    },
  },
];

describe('a pipeline file of DANCE', () => {
  test('loads from YAML with names and parameters as they are here', async () => {
    const steps = (await pipelineFromText(YAML)).toJson();
    expect(steps).toMatchObject(EXPECTED);
    expect(steps).toHaveLength(EXPECTED.length);
  });

  test('loads from JSON, too, and so does what Compose writes', async () => {
    const own = (await pipelineFromText(YAML)).toJson();
    const again = await pipelineFromText(JSON.stringify({ pipeline: own }));
    expect(again.toJson()).toEqual(own);
  });

  test('runs', async () => {
    const short = YAML.slice(0, YAML.indexOf('  - target: SetConfig'));
    const pipeline = await pipelineFromText(short);
    const made = await pipeline.apply(AnnData.fromMatrix(randomCounts(30, 20)), testContext());
    expect(pipelineRecord(made).map(({ name }) => name)).toEqual(
      EXPECTED.slice(0, -1).map(({ name }) => name),
    );
    expect(made.obsm.get('X_pca')?.nRows).toBe(30);
  });

  test.each([
    [{ pipeline: 3 }, /list of steps/],
    [[{ target: 'Log1P', param: {} }], /no field "param"/],
    [[{ target: 'Log1P', params: { basis: 2 } }], /Log1P has no parameter "basis"/],
    [[{ type: 'normalize', include: ['Log1P'] }], /leaves its transform open.*PipelinePlanner/],
    [[{ target: 'Log1P' }, 4], /step 1/],
    [[{ target: 'SetConfig', params: { config_dict: { label_mod: 'mod1' } } }], /modality/],
  ])('is refused where it is wrong: %j', (json, message) => {
    expect(() => pipelineFromJson(json)).toThrow(ParamError);
    expect(() => pipelineFromJson(json)).toThrow(message);
  });

  test('is refused with its line where it is no YAML', async () => {
    const wrong = pipelineFromText('pipeline:\n  - {target: Log1P');
    await expect(wrong).rejects.toThrow(FormatError);
    await expect(wrong).rejects.toThrow(/line 2/);
  });
});

describe('an unknown name', () => {
  test.each([
    ['log1p', 'perhaps Log1P or NormalizeTotalLog1P'],
    ['FilterGeneScanpy', 'FilterGenesScanpy'],
    ['weighted_feature_pca', 'WeightedFeaturePCA'],
    ['HeteronetGrap', 'HeteronetGraph'],
    ['CellPac', 'CellPCA'],
  ])('%s gets the names near to it', (name, near) => {
    expect(() => getTransform(name)).toThrow(near);
  });

  test('far from all others gets all of them', () => {
    expect(() => getTransform('Zwiebelkuchen')).toThrow(/one of .*CellPCA.*SetConfig/);
  });
});
