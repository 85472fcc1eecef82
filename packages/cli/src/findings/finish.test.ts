import { describe, expect, test } from '@jest/globals';
import { ParamError } from '@dance-ts/core';
import { finisherOf } from './finish.js';
import { freeKey } from './free-key.js';

describe('finisherOf', () => {
  test('without a place to write to nothing is done', () => {
    expect(finisherOf({})).toBeUndefined();
    expect(finisherOf({ markers: false, umap: false })).toBeUndefined();
  });

  test('what is wanted needs a place', () => {
    expect(() => finisherOf({ markers: true })).toThrow(ParamError);
    expect(() => finisherOf({ umap: true })).toThrow(/--umap.*--output nor --plots/);
    expect(() => finisherOf({ explain: true })).toThrow(/--explain/);
    expect(finisherOf({ umap: true, plots: 'plots' })).toBeInstanceOf(Function);
  });
});

describe('freeKey', () => {
  const said: string[] = [];
  const options = { model: 'graphsc', tell: (text: string) => void said.push(text) };

  test('the usual name where it is free', () => {
    expect(freeKey(new Map(), 'X_umap', options)).toBe('X_umap');
    expect(said).toEqual([]);
  });

  test("what is the user's stays, and is told of", () => {
    expect(freeKey(new Map([['X_umap', 1]]), 'X_umap', options)).toBe('X_umap_graphsc');
    expect(said).toEqual([expect.stringContaining('"X_umap_graphsc"')]);
  });
});
