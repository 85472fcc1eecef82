import { expect, test } from '@jest/globals';
import { moduleOf, TASKS } from './task.js';

test('the eight tasks belong to three modules', () => {
  const tasksOf = (module: string): string[] => TASKS.filter((task) => moduleOf(task) === module);
  expect(tasksOf('single-modality')).toEqual(['imputation', 'cell-type-annotation', 'clustering']);
  expect(tasksOf('multi-modality')).toEqual([
    'predict-modality',
    'match-modality',
    'joint-embedding',
  ]);
  expect(tasksOf('spatial')).toEqual(['spatial-domain', 'cell-type-deconvo']);
});
