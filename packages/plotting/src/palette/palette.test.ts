import { DataError, ParamError, stringColumn } from '@dance-ts/core';
import { describe, expect, test } from '@jest/globals';
import { toyData } from '../testing/toy-data.js';
import { categoryColors } from './category-colors.js';
import { colorRamp, parseColor } from './color.js';
import { defaultColors, OKABE_ITO, SCANPY_102, SCANPY_20, SCANPY_28 } from './palettes.js';

describe('palettes', () => {
  test('have as many distinct colors as their names say', () => {
    for (const [palette, n] of [
      [OKABE_ITO, 8],
      [SCANPY_20, 20],
      [SCANPY_28, 28],
      [SCANPY_102, 102],
    ] as const) {
      expect(palette).toHaveLength(n);
      expect(new Set(palette).size).toBe(n);
      for (const color of palette) expect(color).toMatch(/^#[0-9a-f]{6}$/);
    }
  });

  test('the shortest list that is long enough is taken; beyond 102, colors repeat', () => {
    expect(defaultColors(0)).toEqual([]);
    expect(defaultColors(2)).toEqual(['#e69f00', '#56b4e9']);
    expect(defaultColors(9)).toEqual(SCANPY_20.slice(0, 9));
    expect(defaultColors(21)[0]).toBe('#023fa5');
    expect(defaultColors(29)[0]).toBe('#ffff00');
    expect(defaultColors(103)[102]).toBe('#ffff00');
    expect(() => defaultColors(1.5)).toThrow(ParamError);
  });
});

describe('parseColor', () => {
  test.each([
    ['#E69F00', [230, 159, 0]],
    ['#fff', [255, 255, 255]],
    ['#12345680', [18, 52, 86]],
    ['orange', [255, 165, 0]],
    ['rgb(1, 2, 3)', [1, 2, 3]],
    ['black', [0, 0, 0]],
    ['#000000', [0, 0, 0]],
  ])('reads %s', (text, rgb) => {
    expect(parseColor(text)).toEqual(rgb);
  });

  test.each(['', 'no color', '#12'])('refuses "%s"', (text) => {
    expect(() => parseColor(text)).toThrow(ParamError);
  });

  test('viridis goes from dark violet to yellow', () => {
    const ramp = colorRamp('viridis');
    expect(ramp).toHaveLength(256);
    expect(ramp[0]).toEqual([68, 1, 84]);
    expect(ramp[255]).toEqual([253, 231, 37]);
    expect(() => colorRamp('tableau10')).toThrow(ParamError);
    expect(() => colorRamp('virdis')).toThrow(/got "virdis"/);
  });
});

describe('categoryColors', () => {
  test('stores default colors, as scanpy does, for the next picture and file', () => {
    const data = toyData();
    expect(categoryColors(data, 'group')).toEqual(OKABE_ITO.slice(0, 3));
    expect(data.uns.get('group_colors')).toEqual(OKABE_ITO.slice(0, 3));
  });

  test('keeps stored colors that are enough', () => {
    const data = toyData();
    data.uns.set('group_colors', ['red', '#00ff00', '#0000ffff']);
    expect(categoryColors(data, 'group')).toEqual(['red', '#00ff00', '#0000ffff']);
  });

  test('replaces stored colors that are too few or unreadable', () => {
    for (const stored of [['red'], ['red', 'green', 'no color'], 'red']) {
      const data = toyData();
      data.uns.set('group_colors', stored);
      expect(categoryColors(data, 'group')).toEqual(OKABE_ITO.slice(0, 3));
    }
  });

  test('takes a palette of the caller, and refuses a short one', () => {
    const data = toyData();
    const palette = ['#010101', '#020202', '#030303', '#040404'];
    expect(categoryColors(data, 'group', palette)).toEqual(palette.slice(0, 3));
    expect(categoryColors(data, 'group')).toEqual(palette.slice(0, 3));
    expect(() => categoryColors(data, 'group', ['red'])).toThrow(DataError);
    expect(() => categoryColors(data, 'group', ['red', 'blue', 'noc'])).toThrow(ParamError);
  });

  test('names similar columns, and refuses columns that are no groups', () => {
    const data = toyData(1200);
    expect(() => categoryColors(data, 'gruop')).toThrow(/Did you mean "group"\?/);
    expect(() => categoryColors(data, 'xyz')).toThrow(/expected "group", "depth"/);
    data.obs.set('id', stringColumn(data.obsNames));
    expect(() => categoryColors(data, 'id')).toThrow(/1200, expected at most 1000/);
  });
});
