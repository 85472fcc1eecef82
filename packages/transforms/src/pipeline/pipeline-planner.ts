import { ParamError } from '@dance-ts/core';
import { Compose } from '../compose.js';
import { getTransform, listTransforms } from '../registry.js';
import type { Transform } from '../transform.js';
import { camelCase, danceParams } from './dance-params.js';
import { actionsOf, isObject, transformOf } from './pipeline-file.js';
import { searchRange, type Choice, type SearchRange, type SearchSpace } from './search-space.js';

/** What a plan leaves open. */
export type TuneMode = 'pipeline' | 'params' | 'pipeline_params';

/** Value of `pipeline.<step>` that leaves the step out. */
export const SKIP = '_skip_';

/** A step of a plan. */
interface PlannedStep {
  readonly type: string;
  /** Names to choose from; one if the step is fixed. */
  readonly targets: readonly string[];
  readonly skippable: boolean;
  readonly params: Readonly<Record<string, unknown>>;
  /** By target, beneath `params`. */
  readonly defaultParams: Readonly<Record<string, Record<string, unknown>>>;
  readonly toTune: ReadonlyMap<string, SearchRange>;
}

/**
 * A pipeline with open places, read from the configuration file of a DANCE search
 * (`PipelinePlaner` there). Its `tune_mode` says what is open:
 * - `pipeline`: which transform each step uses: those of `include`, or all of its `type` but
 *   `exclude`; a `skippable` step can be left out; `default_params` are those of each transform;
 * - `params`: the parameters that `params_to_tune` of a step gives ranges for;
 * - `pipeline_params`: both.
 *
 * @example
 * ```ts
 * const planner = PipelinePlanner.fromJson(await parseConfig(text));
 * for (const choice of gridChoices(planner.searchSpace())) {
 *   const pipeline = planner.generate(choice);
 * }
 * ```
 */
export class PipelinePlanner {
  private constructor(
    readonly tuneMode: TuneMode,
    private readonly steps: readonly PlannedStep[],
  ) {}

  /** @throws ParamError for an unknown mode, transform or field */
  static fromJson(json: unknown): PipelinePlanner {
    const mode = isObject(json) ? (json['tune_mode'] ?? 'pipeline') : 'pipeline';
    if (mode !== 'pipeline' && mode !== 'params' && mode !== 'pipeline_params') {
      throw new ParamError('tune_mode of a pipeline', {
        got: JSON.stringify(mode),
        expected: 'pipeline, params or pipeline_params',
      });
    }
    return new PipelinePlanner(mode, actionsOf(json).map(plannedStep));
  }

  /** The open places with what they can be set to, in the order of the steps. */
  searchSpace(): SearchSpace {
    const space = new Map<string, SearchRange>();
    this.steps.forEach((step, i) => {
      const { targets, skippable, type, toTune } = step;
      if (this.tuneMode !== 'params' && (targets.length > 1 || skippable)) {
        space.set(`pipeline.${i}.${type}`, { values: skippable ? [...targets, SKIP] : targets });
      }
      if (this.tuneMode === 'pipeline') return;
      for (const [name, range] of toTune) {
        for (const target of targets.filter((known) => hasParam(known, name))) {
          space.set(`params.${i}.${target}.${name}`, range);
        }
      }
    });
    return space;
  }

  /**
   * The pipeline with each open place set: `{'pipeline.0.filter.gene': 'FilterGenesTopK',
   * 'params.2.WeightedFeaturePCA.nComponents': 200}`. Parameters may be in DANCE's spelling; those
   * of a transform that was not chosen are passed over, and a parameter left out has its default.
   *
   * @throws ParamError for a place or value that the plan does not have, or a step left open
   */
  generate(choice: Choice): Compose {
    const places = Object.entries(choice).map(([place, value]) =>
      placeOf(place, value, this.steps),
    );
    const transforms: Transform[] = [];
    this.steps.forEach((step, i) => {
      const here = places.filter((place) => place.step === i);
      const target = chosenTarget(step, i, here.find(({ kind }) => kind === 'pipeline')?.value);
      if (target === SKIP) return;
      const tuned = here.filter((place) => place.kind === 'params' && place.target === target);
      const params = {
        ...danceParams(getTransform(target), step.defaultParams[target] ?? {}),
        ...danceParams(getTransform(target), step.params),
        ...Object.fromEntries(tuned.map(({ param, value }) => [param, value])),
      };
      transforms.push(transformOf(target, params));
    });
    return new Compose(transforms);
  }
}

interface Place {
  readonly kind: 'pipeline' | 'params';
  readonly step: number;
  readonly target: string;
  readonly param: string;
  readonly value: unknown;
}

function placeOf(place: string, value: unknown, steps: readonly PlannedStep[]): Place {
  const [kind, number = '', target = '', param = ''] = place.split('.');
  const step = Number(number);
  const known = /^\d+$/.test(number) && step < steps.length;
  if (known && kind === 'pipeline') return { kind, step, target, param, value };
  if (known && kind === 'params' && param !== '') {
    return { kind, step, target, param: camelCase(param), value };
  }
  throw new ParamError(`the pipeline has no place "${place}"`, {
    expected: `pipeline.<step>.<type> or params.<step>.<transform>.<parameter>, ${steps.length} steps`,
  });
}

function chosenTarget(step: PlannedStep, i: number, chosen: unknown): string {
  const { targets, skippable, type } = step;
  if (chosen === undefined && targets.length === 1) return targets[0] ?? SKIP;
  if (skippable && (chosen === SKIP || chosen === null)) return SKIP;
  if (typeof chosen === 'string' && targets.includes(chosen)) return chosen;
  throw new ParamError(`step ${i} (${type}) of the pipeline`, {
    got: chosen === undefined ? 'no choice' : JSON.stringify(chosen),
    expected: `one of ${[...targets, ...(skippable ? [SKIP] : [])].join(', ')}`,
  });
}

function plannedStep(json: unknown, i: number): PlannedStep {
  const step = isObject(json) ? json : {};
  const { type, target, name, include, exclude, params, skippable } = step;
  const fixed = target ?? name;
  const label = typeof type === 'string' ? type : fixed;
  if (typeof label !== 'string') {
    throw new ParamError(`step ${i} of the pipeline`, {
      got: JSON.stringify(json),
      expected: '{"type": "filter.gene", "target" or "include": ...}',
    });
  }
  const targets = typeof fixed === 'string' ? [fixed] : candidates(label, include, exclude, i);
  for (const candidate of targets) getTransform(candidate);
  const toTune = Object.entries(isObject(step['params_to_tune']) ? step['params_to_tune'] : {});
  return {
    type: label,
    targets,
    skippable: skippable === true,
    params: isObject(params) ? params : {},
    defaultParams: isObject(step['default_params'])
      ? (step['default_params'] as Record<string, Record<string, unknown>>)
      : {},
    toTune: new Map(
      toTune.map(([param, range]) => [camelCase(param), searchRange(range, `${label} ${param}`)]),
    ),
  };
}

function candidates(type: string, include: unknown, exclude: unknown, i: number): string[] {
  const listed = Array.isArray(include) ? (include as string[]) : namesOfType(type);
  const left = Array.isArray(exclude) ? (exclude as string[]) : [];
  for (const name of left) getTransform(name);
  const targets = listed.filter((name) => !left.includes(name));
  if (targets.length > 0) return targets;
  throw new ParamError(`step ${i} of the pipeline has no transform to choose from`, {
    got: `type "${type}"`,
    expected: 'a group of transforms such as filter.gene or normalize, or an include list',
  });
}

/** Transforms of one of DANCE's types: a group, or the part of it that is about cells or genes. */
function namesOfType(type: string): string[] {
  const [group = '', part = ''] = type.split('.').filter((word) => word !== 'preprocessor');
  const about = part === 'cell' || part === 'gene' ? new RegExp(part, 'i') : /./;
  return listTransforms()
    .filter(({ spec }) => spec.group === group && about.test(spec.name))
    .map(({ spec }) => spec.name);
}

function hasParam(target: string, param: string): boolean {
  return param in getTransform(target).spec.params.shape;
}
