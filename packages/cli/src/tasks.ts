import { TASKS, type Task } from '@dance-ts/core';
import { choose } from './choose.js';

/** The task of that name; throws ParamError naming those there are. */
export function taskNamed(name: string): Task {
  return choose('task', name, TASKS, (task) => task);
}
