import { describe, expect, test } from '@jest/globals';
import { DenseMatrix } from '@dance-ts/core';
import { answerScores } from './answers.js';

const ANSWERS = {
  classes: ['T cell', 'CD4 T cell', 'B cell'],
  truth: ['memory', 'memory', 'B cell', 'odd', null],
  prediction: ['CD4 T cell', 'B cell', null, 'B cell', 'B cell'],
  probabilities: DenseMatrix.fromRows([
    [0.2, 0.7, 0.1],
    [0.2, 0.2, 0.6],
    [0.3, 0.3, 0.4],
    [0, 0, 1],
    [0, 0, 1],
  ]),
};

describe('scores of four labelled cells, one of them unassigned', () => {
  test('a label that the reference lacks is wrong', () => {
    const { acc, coverage } = answerScores(ANSWERS);
    expect([acc, coverage]).toEqual([1 / 4, 3 / 4]);
  });

  test('any of the types it may be called is right', () => {
    const map = new Map([['memory', ['T cell', 'CD4 T cell']]]);
    expect(answerScores(ANSWERS, map)['acc']).toBe(2 / 4);
  });
});
