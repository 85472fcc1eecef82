import { ParamError, type Channel } from '@dance-ts/core';
import type { TransformClass } from '../registry.js';

/** Parameters that only DANCE's own steps have: for logs, pictures and processes. */
const IGNORED = new Set([
  'logLevel',
  'useMasterLogLevel',
  'imageSavePath',
  'processesNum',
  'binSize',
]);

/**
 * Parameters of a step of one of DANCE's pipeline files as the transform here takes them: names in
 * camel case, `random_state` as `seed` where there is one, null as left out, and the channels of
 * `SetConfig` as slots.
 */
export function danceParams(
  transform: TransformClass,
  given: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  if (transform.spec.name === 'AnnDataTransform') return functionParams(given);
  const known = new Set(Object.keys(transform.spec.params.shape));
  const params: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(given)) {
    const name = known.has(key) ? key : camelCase(key);
    if (IGNORED.has(name) && !known.has(name)) continue;
    if ((name === 'randomState' || name === 'seed') && !known.has(name)) {
      if (known.has('seed') && value !== null) params['seed'] = value;
      continue;
    }
    if (value === null && !acceptsNull(transform, name)) continue;
    params[name] = value;
  }
  return transform.spec.name === 'SetConfig' ? channelParams(params) : params;
}

/** `n_components` as `nComponents`. */
export function camelCase(name: string): string {
  return name.replace(/_+([a-zA-Z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

function acceptsNull(transform: TransformClass, name: string): boolean {
  return transform.spec.params.safeParse({ [name]: null }).success;
}

/** DANCE writes the arguments of a function beside its name. */
function functionParams(given: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { func, kwargs, ...beside } = given;
  const others = Object.entries(beside).filter(([key]) => !IGNORED.has(camelCase(key)));
  const nested = typeof kwargs === 'object' ? kwargs : {};
  return { func, kwargs: { ...nested, ...Object.fromEntries(others) } };
}

/** `config_dict` of DANCE as channels; anything else is left as it is. */
function channelParams(params: Record<string, unknown>): Record<string, unknown> {
  const { configDict, ...others } = params;
  if (typeof configDict !== 'object' || configDict === null) return params;
  const config = configDict as Record<string, unknown>;
  for (const side of ['feature', 'label'] as const) {
    if (config[`${side}_mod`] !== undefined && config[`${side}_mod`] !== null) {
      throw new ParamError(`SetConfig: ${side}_mod names a modality`, {
        remedy: 'Apply the pipeline to one modality at a time, and leave the entry out.',
      });
    }
  }
  const feature = channelsOf(config['feature_channel'], config['feature_channel_type']);
  const [label] = channelsOf(config['label_channel'], config['label_channel_type']);
  return { ...others, ...(feature.length > 0 && { feature }), ...(label && { label }) };
}

function channelsOf(keys: unknown, types: unknown): Channel[] {
  if (keys === undefined && types === undefined) return [];
  const keyList: unknown[] = Array.isArray(keys) ? keys : [keys];
  const typeList: unknown[] = Array.isArray(types) ? types : keyList.map(() => types);
  return typeList.map((type, i) => channelOf(keyList[i], type));
}

/** DANCE reads obsm where it is told no slot, and X where it is told nothing. */
function channelOf(key: unknown, type: unknown): Channel {
  const slot = type ?? (key === undefined || key === null ? 'X' : 'obsm');
  if (slot === 'X' || key === 'X') return { slot: 'X' };
  if (slot === 'raw_X') return { slot: 'raw' };
  return { slot, key } as Channel;
}
