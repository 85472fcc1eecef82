import { defineParams, Pacer, Rng, toCsr, type AnnData, type ParamInput } from '@dance-ts/core';
import { z } from 'zod';
import { BaseTransform, type TransformContext, type TransformSpec } from '../transform.js';
import { EntryMaskDraw, type EntryMask } from './draw-entry-mask.js';
import { maskParams, withMask } from './mask-layers.js';

const params = defineParams({
  ...maskParams,
  distr: z
    .enum(['exp', 'uniform'])
    .default('exp')
    .describe('Weights of the values of a cell: exp(-value / 20), or all the same'),
  minGeneCounts: z
    .int()
    .min(0)
    .default(5)
    .describe('Cells with at most this many non-zero values stay whole'),
});

/**
 * Holds out a share of the non-zero values of each cell, to score imputation with: draws them as
 * `drawEntryMask` does, keeps their values in the sparse layers `valid_mask` and `test_mask`, and
 * sets them to 0 in X. Read the lists back with `readEntryMask`.
 *
 * Run it before anything is computed from X, so that nothing the model sees knows what was held
 * out. DANCE leaves X whole (`hide: false`) and runs it last.
 *
 * Memory: 8 bytes for each value held out, and X without them.
 *
 * Source: Arisdakessian et al., Genome Biology 20:211, 2019 (DeepImpute); DANCE.
 */
export class CellwiseMaskData extends BaseTransform<typeof params> {
  static readonly spec: TransformSpec<typeof params> = {
    name: 'CellwiseMaskData',
    group: 'split',
    summary: 'Holds out a share of the non-zero values of each cell.',
    formula: 'P(v) ~ exp(-v / 20), m = floor(n maskRate) of n values without replacement',
    source: 'Arisdakessian et al., Genome Biology 20:211, 2019; DANCE',
    usedBy: [],
    params,
  };

  /** @throws ParamError for an unknown or invalid parameter */
  constructor(input?: ParamInput<typeof params>) {
    super(CellwiseMaskData.spec, input);
  }

  /** @throws DataError for negative or non-finite values; AbortError */
  protected override async transform(data: AnnData, context: TransformContext): Promise<AnnData> {
    const { distr, maskRate, minGeneCounts, addTestMask, seed, hide } = this.params;
    const draw = new EntryMaskDraw(toCsr(data.X), {
      rate: maskRate,
      distribution: distr,
      minGeneCounts,
      testShare: addTestMask ? 0.9 : 0,
      rng: seed === undefined ? context.rng : Rng.fromSeed(seed),
    });
    return withMask(data, await drawn(draw, data.nObs, context), hide);
  }
}

async function drawn(
  draw: EntryMaskDraw,
  nObs: number,
  { signal }: TransformContext,
): Promise<EntryMask> {
  const pacer = new Pacer(signal);
  for (let i = 0; i < nObs; i++) {
    if (i % 64 === 0) await pacer.tick();
    draw.addCell(i);
  }
  return draw.finish();
}
