import {
  assertCounts,
  defineParams,
  Rng,
  toCsr,
  type AnnData,
  type ParamInput,
} from '@dance-ts/core';
import { BaseTransform, type TransformContext, type TransformSpec } from '../transform.js';
import { nValidating, sampleInOrder, type EntryMask } from './draw-entry-mask.js';
import { entryList } from './entry-list.js';
import { maskParams, withMask } from './mask-layers.js';

const params = defineParams(maskParams);

/**
 * Holds out a share of all non-zero values of X, each with the same probability: floor(n maskRate)
 * of n, kept in the sparse layers `valid_mask` and `test_mask` and set to 0 in X. Unlike with
 * `CellwiseMaskData`, cells give in proportion to their non-zero values on average only.
 *
 * DANCE's version holds out the other n - floor(n maskRate) values, and leaves X whole
 * (`hide: false`).
 *
 * Source: DANCE (MaskData), with its rate put right.
 */
export class MaskData extends BaseTransform<typeof params> {
  static readonly spec: TransformSpec<typeof params> = {
    name: 'MaskData',
    group: 'split',
    summary: 'Holds out a share of all non-zero values.',
    formula: 'floor(n maskRate) of n values without replacement, all alike',
    source: 'DANCE',
    usedBy: [],
    params,
  };

  /** @throws ParamError for an unknown or invalid parameter */
  constructor(input?: ParamInput<typeof params>) {
    super(MaskData.spec, input);
  }

  /** @throws DataError for negative or non-finite values */
  protected override transform(data: AnnData, context: TransformContext): AnnData {
    const { maskRate, addTestMask, seed, hide } = this.params;
    const rng = seed === undefined ? context.rng : Rng.fromSeed(seed);
    return withMask(data, drawn(data, maskRate, addTestMask ? 0.9 : 0, rng), hide);
  }
}

function drawn(data: AnnData, rate: number, testShare: number, rng: Rng): EntryMask {
  assertCounts(data.X);
  const counts = toCsr(data.X);
  const nonZeros = Int32Array.from(counts.data.keys()).filter((e) => counts.data[e] !== 0);
  const chosen: number[] = [];
  const nDrawn = Math.floor(nonZeros.length * rate);
  sampleInOrder(nonZeros.length, nDrawn, rng.fork('entries'), (k, isChosen) => {
    if (isChosen) chosen.push(nonZeros[k]!);
  });
  const [validation, test]: [number[], number[]] = [[], []];
  const nValidation = nDrawn === 0 ? 0 : nValidating(nDrawn, testShare);
  sampleInOrder(nDrawn, nValidation, rng.fork('parts'), (k, validates) => {
    (validates ? validation : test).push(chosen[k]!);
  });
  return { validation: entryList(counts, validation), test: entryList(counts, test) };
}
