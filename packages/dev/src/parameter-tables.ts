import {
  describeParams,
  type ParamDescription,
  type ParamSchema,
  type RegisteredModel,
} from '@dance-ts/core';
import { markdownTable } from './markdown.js';

/** Reference tables of a model's parameters, from the schemas the model itself checks. */
export function parameterTables({ spec }: RegisteredModel): string {
  return [
    section(`new ${spec.name}(params)`, spec.params),
    section('model.preprocess(data, params)', spec.preprocessParams),
    section('model.fit(data, params)', spec.fitParams),
  ].join('\n\n');
}

function section(title: string, schema: ParamSchema): string {
  const params = describeParams(schema);
  const heading = `### \`${title}\``;
  if (params.length === 0) return `${heading}\n\nNo parameters.`;
  const rows = params.map((param) => [
    `\`${param.name}\``,
    typeOf(param),
    param.defaultValue === undefined ? 'none' : `\`${JSON.stringify(param.defaultValue)}\``,
    rangeOf(param, schema),
    param.description,
  ]);
  return `${heading}\n\n${markdownTable(['Name', 'Type', 'Default', 'Range', 'Meaning'], rows)}`;
}

function typeOf({ type, nullable }: ParamDescription): string {
  return nullable ? `${type} or null` : type;
}

function rangeOf(param: ParamDescription, schema: ParamSchema): string {
  const words = param.choices?.map((choice) => `\`${JSON.stringify(choice)}\``).join(', ');
  return [numbersOf(param, schema), words].filter(Boolean).join(', or ');
}

function numbersOf(param: ParamDescription, schema: ParamSchema): string {
  const { minimum, maximum } = param;
  if (minimum !== undefined && maximum !== undefined) return `${minimum} to ${maximum}`;
  if (minimum !== undefined)
    return `${accepts(schema, param, minimum) ? 'from' : 'above'} ${minimum}`;
  return maximum === undefined ? '' : `to ${maximum}`;
}

/** Whether a bound itself is a valid value. */
function accepts(schema: ParamSchema, { name }: ParamDescription, value: number): boolean {
  const { error } = schema.safeParse({ [name]: value });
  return error?.issues.every(({ path }) => path[0] !== name) ?? true;
}
