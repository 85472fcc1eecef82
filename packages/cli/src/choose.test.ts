import { describe, expect, test } from '@jest/globals';
import { ParamError } from '@dance-ts/core';
import { choose } from './choose.js';

const MODELS = ['graphsc', 'scdsc', 'scgpcl', 'sctag'];
const chosen = (name: string): string => choose('model', name, MODELS, (one) => one);

describe('choose', () => {
  test('takes the name, in any case', () => {
    expect(chosen('graphsc')).toBe('graphsc');
    expect(chosen('GraphSC')).toBe('graphsc');
  });

  test('names what there is, and the nearest', () => {
    expect(() => chosen('grafsc')).toThrow(ParamError);
    expect(() => chosen('grafsc')).toThrow(
      'there is no model "grafsc": expected one of graphsc, scdsc, scgpcl, sctag. Did you mean graphsc?',
    );
    expect(() => chosen('zzzzzzzzzzzz')).toThrow(/sctag$/);
  });
});
