import { FormatError, ParamError } from '@dance-ts/core';
import { Compose } from '../compose.js';
import { getTransform } from '../registry.js';
import type { Transform } from '../transform.js';
import { danceParams } from './dance-params.js';

const STEP_FIELDS = ['name', 'params'];

/** Fields of a step in DANCE's files. Those that say how to tune it are read by the planner only. */
const ACTION_FIELDS = [
  ...['type', 'desc', 'target', 'scope', 'params', 'skippable', '_skip_', 'pipeline'],
  ...['include', 'exclude', 'default_params', 'params_to_tune'],
];

/**
 * A pipeline from parsed JSON or YAML, which may be
 * - a list of steps `{name, params}`, as `Compose.toJson` gives them; `params` may be left out;
 * - a list of DANCE's steps `{type, target, params}`, with parameters in its spelling or in ours;
 *   `_skip_: true` leaves a step out, and a step with a `pipeline` of its own stands for its steps;
 * - an object with such a list as its `pipeline`, as DANCE's configuration files have it.
 *
 * @throws ParamError if it is none of these, or names an unknown transform or parameter
 */
export function pipelineFromJson(json: unknown): Compose {
  return new Compose(stepsOf(json));
}

/**
 * A pipeline from the text of a JSON or YAML file, see {@link pipelineFromJson}. The YAML reader is
 * loaded when it is needed.
 *
 * @throws FormatError for text that is neither; ParamError as there
 */
export async function pipelineFromText(text: string): Promise<Compose> {
  return pipelineFromJson(await parseConfig(text));
}

/**
 * Parses JSON or YAML (of which JSON is a part).
 *
 * @throws FormatError naming the line
 */
export async function parseConfig(text: string): Promise<unknown> {
  const { parse } = await import('yaml');
  try {
    return parse(text) as unknown;
  } catch (error) {
    const [reason = ''] = String(error instanceof Error ? error.message : error).split('\n');
    throw new FormatError('the pipeline is neither JSON nor YAML', { got: reason, cause: error });
  }
}

/** The steps of a pipeline in any of the layouts of {@link pipelineFromJson}. */
export function actionsOf(json: unknown): unknown[] {
  const list = isObject(json) ? json['pipeline'] : json;
  if (Array.isArray(list)) return list;
  throw new ParamError('a pipeline is a list of steps', {
    got: json === null ? 'null' : typeof json,
    expected: '[{"name": "...", "params": {...}}, ...]',
  });
}

/** True for plain objects. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A step `{name, params}`. */
export function transformOf(name: string, params: Readonly<Record<string, unknown>>): Transform {
  const transform = getTransform(name);
  return new transform(danceParams(transform, params));
}

function stepsOf(json: unknown): Transform[] {
  return actionsOf(json).flatMap((step, i) => {
    if (!isObject(step)) throw noStep(step, i);
    return 'name' in step ? [namedStep(step, i)] : actionSteps(step, i);
  });
}

function namedStep(step: Record<string, unknown>, i: number): Transform {
  const { name, params } = step;
  if (typeof name !== 'string' || !(params === undefined || isObject(params)))
    throw noStep(step, i);
  assertFields(step, STEP_FIELDS, i);
  return new (getTransform(name))(params);
}

function actionSteps(step: Record<string, unknown>, i: number): Transform[] {
  const { target, type, params, _skip_: skip } = step;
  assertFields(step, ACTION_FIELDS, i);
  if (skip === true) return [];
  if (Array.isArray(step['pipeline'])) return stepsOf(step['pipeline']);
  const name = target ?? type;
  if (typeof name !== 'string' || !(params === undefined || params === null || isObject(params))) {
    throw noStep(step, i);
  }
  if (target === undefined && ('include' in step || 'exclude' in step)) {
    throw new ParamError(`step ${i} of the pipeline leaves its transform open`, {
      got: JSON.stringify(step),
      remedy: 'Choose one with PipelinePlanner, or name it as the target.',
    });
  }
  // The registry of DANCE names a class by the path of its folder and the class.
  return [transformOf(name.slice(name.lastIndexOf('.') + 1), params ?? {})];
}

function assertFields(
  step: Readonly<Record<string, unknown>>,
  known: readonly string[],
  i: number,
): void {
  const unknown = Object.keys(step).filter((field) => !known.includes(field));
  if (unknown.length === 0) return;
  throw new ParamError(`step ${i} of the pipeline has no field "${unknown.join('", "')}"`, {
    expected: known.join(', '),
  });
}

function noStep(step: unknown, i: number): ParamError {
  return new ParamError(`step ${i} of the pipeline`, {
    got: JSON.stringify(step),
    expected: '{"name": "...", "params": {...}}',
  });
}
