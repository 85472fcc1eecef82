import type { Column } from '@dance-ts/core';
import type { TransformContext } from '../../transform.js';

/** Genes chosen by their variability. */
export interface GeneChoice {
  /** 1 for a gene that is chosen, else 0. */
  readonly selected: Uint8Array;
  /** What is to be written into `var`. */
  readonly columns: readonly (readonly [string, Column])[];
}

/** Who chooses, and who hears of it. */
export interface GeneChoiceContext extends Pick<TransformContext, 'signal' | 'reporter'> {
  /** Name of the transform, for messages. */
  readonly owner: string;
}

/** `nTopGenes`, or the number of values that are not NaN if that is less, with a message. */
export function affordableGenes(
  nTopGenes: number,
  values: Float64Array,
  { reporter, owner }: GeneChoiceContext,
): number {
  const nDefined = values.filter((value) => !Number.isNaN(value)).length;
  if (nTopGenes <= nDefined) return nTopGenes;
  reporter?.message(
    'info',
    `${owner}: nTopGenes is ${nTopGenes}, but only ${nDefined} genes can be ranked`,
  );
  return nDefined;
}
