import { defineParams, type AnnData, type ParamInput } from '@dance-ts/core';
import { z } from 'zod';
import { BaseTransform, type TransformSpec } from '../../transform.js';

const params = defineParams({
  nComponents: z.int().min(1).default(400).describe('Unused; taken so that a search can pass it'),
  out: z.string().min(1).default('FeatureCellPlaceHolder').describe('Key of obsm and varm'),
});

/**
 * X as the features of the cells, `obsm[out]`, and its transpose as those of the genes, `varm[out]`:
 * the choice "no features" where a search tries one after the other.
 *
 * Source: DANCE (FeatureCellPlaceHolder). Used by: search spaces only.
 */
export class FeatureCellPlaceHolder extends BaseTransform<typeof params> {
  static readonly spec: TransformSpec<typeof params> = {
    name: 'FeatureCellPlaceHolder',
    group: 'feature',
    summary: 'Takes X itself as features of cells and genes.',
    source: 'DANCE',
    usedBy: [],
    params,
  };

  /** @throws ParamError for an unknown or invalid parameter */
  constructor(input?: ParamInput<typeof params>) {
    super(FeatureCellPlaceHolder.spec, input);
  }

  protected override transform(data: AnnData): AnnData {
    const view = data.view();
    view.obsm.set(this.params.out, data.X);
    view.varm.set(this.params.out, data.X.transpose());
    return view;
  }
}
