import { z } from 'zod';
import { ParamError } from '../errors.js';
import { expectationOf } from './expectation.js';

/** Schema of a model's parameters: one zod object with types, ranges, defaults and descriptions. */
export type ParamSchema = z.ZodObject;

/** What a user passes: every field with a default may be left out. */
export type ParamInput<S extends ParamSchema> = z.input<S>;

/** What a model sees: every field filled in. */
export type ParamValues<S extends ParamSchema> = z.output<S>;

/**
 * Declares parameters; unknown names are refused.
 *
 * @example
 * ```ts
 * const params = defineParams({ nClusters: z.int().min(2).default(10).describe('clusters') });
 * ```
 */
export function defineParams<S extends z.ZodRawShape>(shape: S): z.ZodObject<S, z.core.$strict> {
  return z.strictObject(shape);
}

/**
 * Validates parameters and fills in defaults; the input object is left as it is.
 *
 * @param owner - who the parameters belong to, for messages (`GraphSC`)
 * @throws {@link ParamError} naming the parameter, what was got and what is expected
 */
export function parseParams<S extends ParamSchema>(
  schema: S,
  input: unknown,
  owner: string,
): ParamValues<S> {
  const result = schema.safeParse(input ?? {});
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  if (issue.code === 'unrecognized_keys') {
    const names = issue.keys.map((key) => `"${[...issue.path, key].join('.')}"`);
    const known = Object.keys(schema.shape).join(', ');
    throw new ParamError(`${owner} has no parameter ${names.join(', ')}`, {
      ...(issue.path.length > 0 ? {} : { expected: known === '' ? 'none' : `one of ${known}` }),
    });
  }
  const name = issue.path.join('.');
  const value = valueAt(input, issue.path);
  throw new ParamError(name === '' ? `${owner}: parameters` : `${owner}: parameter "${name}"`, {
    got: show(value),
    expected: expectationOf(issue, value),
  });
}

/** {@link parseParams} with a result that cannot be changed, nor can lists and objects inside it. */
export function parseFrozenParams<S extends ParamSchema>(
  schema: S,
  input: unknown,
  owner: string,
): ParamValues<S> {
  const values = parseParams(schema, input, owner);
  freezeDeeply(values);
  return values;
}

/** One parameter as tables, flags and forms show it. */
export interface ParamDescription {
  readonly name: string;
  readonly type: 'integer' | 'number' | 'string' | 'boolean' | 'array' | 'object';
  readonly choices?: readonly (string | number | boolean | null)[];
  /** Lower end of the range; whether it is allowed itself is for the schema to say. */
  readonly minimum?: number;
  /** Upper end of the range; whether it is allowed itself is for the schema to say. */
  readonly maximum?: number;
  readonly defaultValue: unknown;
  readonly nullable: boolean;
  readonly description: string;
}

interface JsonProperty {
  readonly type?: string;
  readonly enum?: readonly (string | number | boolean | null)[];
  readonly const?: string | number | boolean | null;
  readonly anyOf?: readonly JsonProperty[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly default?: unknown;
  readonly description?: string;
}

/** The parameters of a schema in order, read off its JSON Schema. */
export function describeParams(schema: ParamSchema): ParamDescription[] {
  const json = z.toJSONSchema(schema, { io: 'input' });
  const properties = (json.properties ?? {}) as Record<string, JsonProperty>;
  return Object.entries(properties).map(([name, property]) => {
    const variants = property.anyOf ?? [property];
    const nullable = variants.some((variant) => variant.type === 'null');
    const values = variants.filter((variant) => variant.type !== 'null');
    const choices = values.flatMap(
      (variant) => variant.enum ?? (variant.const === undefined ? [] : [variant.const]),
    );
    const first = values[0] ?? {};
    const minimum = first.minimum ?? first.exclusiveMinimum;
    const maximum = first.maximum ?? first.exclusiveMaximum;
    return {
      name,
      type: (first.type ?? 'string') as ParamDescription['type'],
      ...(choices.length > 0 ? { choices } : {}),
      ...(minimum === undefined || minimum <= -Number.MAX_SAFE_INTEGER ? {} : { minimum }),
      ...(maximum === undefined || maximum >= Number.MAX_SAFE_INTEGER ? {} : { maximum }),
      defaultValue: property.default,
      nullable,
      description: property.description ?? '',
    };
  });
}

function freezeDeeply(value: unknown): void {
  // Typed arrays cannot be frozen.
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return;
  Object.values(value).forEach(freezeDeeply);
  Object.freeze(value);
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  let value = input;
  for (const key of path) value = (value as Record<PropertyKey, unknown> | undefined)?.[key];
  return value;
}

function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'number') return String(value);
  const bigintAsText = (_key: string, part: unknown): unknown =>
    typeof part === 'bigint' ? `${part}n` : part;
  const text = JSON.stringify(value, bigintAsText) as string | undefined;
  return text === undefined ? typeof value : text.slice(0, 80);
}
