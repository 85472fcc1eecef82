import {
  compareText,
  describeParams,
  nearNames,
  ParamError,
  type ParamDescription,
} from '@dance-ts/core';
import type { Transform, TransformGroup, TransformSpec } from './transform.js';

/** Constructor of a transform with its declaration. */
export interface TransformClass {
  new (params?: Record<string, unknown>): Transform;
  readonly spec: TransformSpec;
}

const transforms = new Map<string, TransformClass>();

/**
 * Adds a transform, so that pipeline files can name it.
 *
 * @throws ParamError if the name is taken by another class
 */
export function registerTransform(transform: TransformClass): void {
  const { name } = transform.spec;
  const known = transforms.get(name);
  if (known !== undefined && known !== transform) {
    throw new ParamError(`a transform "${name}" is registered already`, {
      remedy: 'Give each transform a name of its own.',
    });
  }
  transforms.set(name, transform);
}

/**
 * The transform of that name.
 *
 * @throws ParamError naming those with a similar name, or all there are
 */
export function getTransform(name: string): TransformClass {
  const transform = transforms.get(name);
  if (transform === undefined) {
    const known = [...transforms.keys()].sort(compareText);
    const near = nearNames(name, known);
    throw new ParamError(`there is no transform "${name}"`, {
      expected: near.length > 0 ? `perhaps ${near.join(' or ')}` : `one of ${known.join(', ')}`,
    });
  }
  return transform;
}

/** Registered transforms by name. */
export function listTransforms(): TransformClass[] {
  return [...transforms.values()].sort((a, b) => compareText(a.spec.name, b.spec.name));
}

/** One transform as the documentation shows it. */
export interface TransformRow {
  readonly name: string;
  readonly group: TransformGroup;
  readonly summary: string;
  readonly formula?: string;
  readonly params: readonly ParamDescription[];
  readonly source: string;
  readonly usedBy: readonly string[];
}

/** Every registered transform by name, for the generated documentation. */
export function transformTable(): TransformRow[] {
  return listTransforms().map(({ spec }) => ({
    name: spec.name,
    group: spec.group,
    summary: spec.summary,
    ...(spec.formula !== undefined && { formula: spec.formula }),
    params: describeParams(spec.params),
    source: spec.source,
    usedBy: spec.usedBy,
  }));
}
