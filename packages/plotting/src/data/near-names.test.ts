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
  });

  test('finds longer names that begin with it', () => {
    expect(nearNames('louvain', ['louvain_r1.0', 'leiden'])).toEqual(['louvain_r1.0']);
  });

  test('finds nothing where nothing is near, and at most as many as asked for', () => {
    expect(nearNames('abcdef', ['uvwxyz', ''])).toEqual([]);
    expect(nearNames('gene', ['gene1', 'gene2', 'gene3'], 2)).toHaveLength(2);
  });
});
