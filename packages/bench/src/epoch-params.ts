import type { ModelSpec } from '@dance-ts/core';

/** Fit parameters that count epochs, those of a pre-training or a warm-up included. */
export function epochParams({ fitParams }: Pick<ModelSpec, 'fitParams'>): string[] {
  return Object.keys(fitParams.shape).filter((name) => /epochs$|^warmup$/i.test(name));
}

/** Zero for every number of epochs: the network as it was initialized. */
export function noEpochs(spec: Pick<ModelSpec, 'fitParams'>): Record<string, number> {
  return Object.fromEntries(epochParams(spec).map((name) => [name, 0]));
}
