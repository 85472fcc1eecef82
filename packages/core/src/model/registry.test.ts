import { expect, test } from '@jest/globals';
import { ParamError } from '../errors.js';
import { caught } from '../testing/caught.js';
import { Toy } from '../testing/toy-model.js';
import { getModel, listModels, registerModel, type RegisteredModel } from './registry.js';
import type { Task } from './task.js';

class OtherToy extends Toy {}

const entry = (id: string, task: Task, model: typeof Toy = Toy): RegisteredModel => ({
  spec: { ...Toy.spec, id, task },
  model: model,
  datasets: [],
});

test('models are registered once and found by id and task', () => {
  expect(listModels()).toEqual([]);
  expect(caught(() => getModel('b')).message).toBe(
    'there is no model "b": expected one of (none is registered). ' +
      'Import the task package that provides it.',
  );

  const second = entry('b', 'clustering');
  registerModel(second);
  registerModel(entry('a', 'clustering'));
  registerModel(entry('c', 'imputation'));
  expect(listModels().map(({ spec }) => spec.id)).toEqual(['a', 'b', 'c']);
  expect(listModels('clustering').map(({ spec }) => spec.id)).toEqual(['a', 'b']);
  expect(listModels('spatial-domain')).toEqual([]);
  expect(getModel('b')).toBe(second);

  const unknown = caught(() => getModel('z'));
  expect(unknown).toBeInstanceOf(ParamError);
  expect(unknown.message).toContain('there is no model "z": expected one of a, b, c');

  registerModel(entry('b', 'clustering'));
  expect(listModels()).toHaveLength(3);
  const clash = caught(() => {
    registerModel(entry('b', 'clustering', OtherToy));
  });
  expect(clash).toBeInstanceOf(ParamError);
  expect(clash.message).toContain('a model "b" is registered already');
});
