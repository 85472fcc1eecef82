import type { ArtifactStore } from '../artifacts/artifact-store.js';
import { ParamError } from '../errors.js';
import type { BaseModel, ModelSpec } from './model.js';
import type { Task } from './task.js';

/** Constructor of a model with its declaration and loader. */
export interface ModelClass<M extends BaseModel = BaseModel> {
  new (params?: Record<string, unknown>): M;
  readonly spec: ModelSpec;
  /** A saved model, ready to predict. */
  load(store: ArtifactStore): Promise<M>;
}

/** A finished model as tables, the command line and the contract suite see it. */
export interface RegisteredModel {
  readonly spec: ModelSpec;
  readonly model: ModelClass;
  /** Data sets its example reproduces. */
  readonly datasets: readonly string[];
}

const models = new Map<string, RegisteredModel>();

/**
 * Adds a finished model; each task package calls this for its models.
 *
 * @throws {@link ParamError} if the id is taken by another class
 */
export function registerModel(entry: RegisteredModel): void {
  const known = models.get(entry.spec.id);
  if (known !== undefined && known.model !== entry.model) {
    throw new ParamError(`a model "${entry.spec.id}" is registered already`, {
      remedy: 'Give each model an id of its own.',
    });
  }
  models.set(entry.spec.id, entry);
}

/** Registered models, optionally of one task, by id. */
export function listModels(task?: Task): RegisteredModel[] {
  return [...models.values()]
    .filter((entry) => task === undefined || entry.spec.task === task)
    .sort((a, b) => (a.spec.id < b.spec.id ? -1 : 1));
}

/**
 * The model of that id.
 *
 * @throws {@link ParamError} naming those there are
 */
export function getModel(id: string): RegisteredModel {
  const entry = models.get(id);
  if (entry === undefined) {
    throw new ParamError(`there is no model "${id}"`, {
      expected: `one of ${[...models.keys()].sort().join(', ') || '(none is registered)'}`,
      remedy: 'Import the task package that provides it.',
    });
  }
  return entry;
}
