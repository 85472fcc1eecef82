import { describe, expect, test } from '@jest/globals';
import { DataError, ParamError, type Baseline } from '@dance-ts/core';
import { cellsToExplain, explainSettings } from './settings.js';

function caught(run: () => unknown): Error {
  try {
    run();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('nothing was thrown');
}

describe('explainSettings', () => {
  test('fills in the defaults; a number names a cluster', () => {
    expect(explainSettings({ target: 2 }, ['0', '1', '2'], 'M')).toEqual({
      ...{ target: '2', code: 2, steps: 50, baseline: 'zero' },
    });
  });

  test('an unknown target lists the known ones', () => {
    const error = caught(() => explainSettings({ target: 'T cell' }, ['B cell', 'NK'], 'M'));
    expect(error).toBeInstanceOf(ParamError);
    expect(error.message).toBe('M.explain: "target": got "T cell", expected one of B cell, NK');
  });

  test('a long list of targets is cut', () => {
    const many = Array.from({ length: 40 }, (_, k) => String(k));
    const error = caught(() => explainSettings({ target: 40 }, many, 'M'));
    expect(error.message).toMatch(/28, 29 and 10 more$/);
  });

  test.each([0, 1.5, NaN])('refuses %p steps', (steps) => {
    expect(() => explainSettings({ target: 'a', steps }, ['a'], 'M')).toThrow(/"steps"/);
  });

  test('refuses another baseline', () => {
    const baseline = 'random' as Baseline;
    expect(() => explainSettings({ target: 'a', baseline }, ['a'], 'M')).toThrow(/"baseline"/);
  });
});

describe('cellsToExplain', () => {
  const choice = {
    names: ['a', 'b', 'c', 'd'],
    rows: Int32Array.of(0, -1, 1, 2),
    hasTarget: (i: number) => i !== 2,
  };
  const target = { target: 't' };

  test('those with the target, without dropped ones', () => {
    const { cells, rows } = cellsToExplain(undefined, choice, target, 'M');
    expect(cells).toEqual(['a', 'd']);
    expect([...rows]).toEqual([0, 2]);
  });

  test('those named, in their order', () => {
    const { cells, rows } = cellsToExplain(['d', 'c'], choice, target, 'M');
    expect(cells).toEqual(['d', 'c']);
    expect([...rows]).toEqual([2, 1]);
  });

  test.each([
    [['x'], 'cell "x" is not in the data'],
    [['b'], 'cell "b" was dropped by preprocessing'],
    [['a', 'a'], 'cell "a" is named twice'],
    [[], 'there are no cells to explain'],
  ])('refuses %p', (cells, message) => {
    const error = caught(() => cellsToExplain(cells, choice, target, 'M'));
    expect(error).toBeInstanceOf(DataError);
    expect(error.message).toContain(message);
  });

  test('refuses a name that several cells have', () => {
    const twins = { ...choice, names: ['a', 'b', 'c', 'a'] };
    const error = caught(() => cellsToExplain(['a'], twins, target, 'M'));
    expect(error.message).toContain('is the name of several cells');
  });

  test('says that no cell has the target', () => {
    const none = { ...choice, hasTarget: () => false };
    const error = caught(() => cellsToExplain(undefined, none, target, 'M'));
    expect(error.message).toContain('got no cell with "t"');
  });
});
