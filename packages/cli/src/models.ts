import '@dance-ts/cell-type-annotation';
import '@dance-ts/clustering';
import '@dance-ts/imputation';

import { listModels, TASKS, type RegisteredModel, type Task } from '@dance-ts/core';
import { choose } from './choose.js';

/** Tasks that have models which can be run. */
export function runnableTasks(): Task[] {
  return TASKS.filter((task) => listModels(task).length > 0);
}

/** The model of that id, of a task or of any; throws ParamError naming those there are. */
export function modelNamed(name: string, task?: Task): RegisteredModel {
  const what = task === undefined ? 'model' : `${task} model`;
  return choose(what, name, listModels(task), ({ spec }) => spec.id);
}
