import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { TASKS } from '@dance-ts/core';
import { mergeModels, parseModelRows } from './model-rows.js';
import { repositoryRoot } from './repository.js';
import { toyModel } from './testing/toy-model.js';

const listed = readFileSync(join(repositoryRoot(), 'docs', 'models.json'), 'utf8');

const valid = {
  id: 'graphsc',
  name: 'GraphSC',
  task: 'clustering',
  paper: { title: 'T', venue: 'V', year: 2020 },
  backbone: 'GNN',
  status: 'planned',
};

describe('parseModelRows', () => {
  test('reads the list of this repository: 41 models, every task', () => {
    const rows = parseModelRows(listed);
    expect(rows).toHaveLength(41);
    expect(new Set(rows.map(({ task }) => task))).toEqual(new Set(TASKS));
  });

  test.each([
    ['an upper-case id', { ...valid, id: 'GraphSC' }, /id "GraphSC"/],
    ['an unknown task', { ...valid, task: 'sorting' }, /task "sorting"/],
    ['a status other than planned', { ...valid, status: 'available' }, /status "available"/],
    ['a paper without year', { ...valid, paper: { title: 'T', venue: 'V' } }, /year/],
    ['an empty name', { ...valid, name: '' }, /no name/],
    ['no object', 7, /entry 0/],
  ])('refuses %s', (_, entry, message) => {
    expect(() => parseModelRows(JSON.stringify([entry]))).toThrow(message);
  });

  test('refuses an id that is there twice, and no list', () => {
    expect(() => parseModelRows(JSON.stringify([valid, valid]))).toThrow(
      /entry 1.*"graphsc" twice/,
    );
    expect(() => parseModelRows('{}')).toThrow(/not an array/);
  });
});

describe('mergeModels', () => {
  const planned = parseModelRows(
    JSON.stringify([{ ...valid, id: 'first' }, valid, { ...valid, id: 'last' }]),
  );

  test('puts a registered model into the place of the planned one', () => {
    const rows = mergeModels(planned, [toyModel]);
    expect(rows.map(({ id, status }) => [id, status])).toEqual([
      ['first', 'planned'],
      ['graphsc', 'available'],
      ['last', 'planned'],
    ]);
    expect(rows[1]).toMatchObject({ name: 'Toy', backbone: 'None', paper: { year: 2001 } });
  });

  test('appends a registered model nobody planned', () => {
    const rows = mergeModels(planned.slice(0, 1), [toyModel]);
    expect(rows.map(({ id }) => id)).toEqual(['first', 'graphsc']);
  });
});
