import { describe, expect, test } from '@jest/globals';
import { nearNames } from './near-names.js';

describe('nearNames', () => {
  test('finds another spelling, nearest first', () => {
    expect(nearNames('cd3d', ['CD8A', 'CD3E', 'CD3D', 'MS4A1'])).toEqual(['CD3D', 'CD3E']);
    expect(nearNames('cel_type', ['cell_type', 'cell_types', 'batch'])).toEqual([
      'cell_type',
      'cell_types',
    ]);
    expect(nearNames('gruop', ['batch', 'group'])).toEqual(['group']);
    expect(nearNames('weighted_feature_pca', ['WeightedFeaturePCA'])).toEqual([
      'WeightedFeaturePCA',
    ]);
    expect(nearNames('abcd', ['abxx', 'abcx', 'abcd', 'zzzz'])).toEqual(['abcd', 'abcx']);
  });

  test('finds longer names that contain it, and shorter ones', () => {
    expect(nearNames('louvain', ['louvain_r1.0', 'leiden'])).toEqual(['louvain_r1.0']);
    expect(nearNames('annotation', ['cell-type-annotation'])).toEqual(['cell-type-annotation']);
    expect(nearNames('graphsc2', ['graphsc'])).toEqual(['graphsc']);
  });

  test('finds nothing where nothing is near, and at most as many as asked for', () => {
    expect(nearNames('abcdef', ['uvwxyz', ''])).toEqual([]);
    expect(nearNames('gene', ['gene1', 'gene2', 'gene3'], 2)).toHaveLength(2);
  });
});
