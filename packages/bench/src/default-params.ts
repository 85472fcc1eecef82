import type { Json, RegisteredModel } from '@dance-ts/core';
import type { CellParams } from './clustering-bench/cells.js';

/** The defaults of a model, without the seed: one setting for all data sets. */
export function defaultParams(spec: RegisteredModel['spec'], device: string): CellParams {
  const given = 'device' in spec.params.shape ? { device } : {};
  const model = spec.params.parse(given) as Record<string, Json>;
  return {
    model: Object.fromEntries(Object.entries(model).filter(([name]) => name !== 'seed')),
    fit: spec.fitParams.parse({}) as Record<string, Json>,
    preprocess: spec.preprocessParams.parse({}) as Record<string, Json>,
  };
}
