import { assertCounts, defineParams, type AnnData, type ParamInput } from '@dance-ts/core';
import { z } from 'zod';
import { BaseTransform, type TransformSpec } from '../transform.js';

const params = defineParams({
  out: z.string().min(1).default('counts').describe('Key of layers for the counts'),
});

/**
 * Keeps X as it is now as a layer, `counts` by scanpy's custom, for models that need the counts
 * beside the normalized values. Run it before normalizing; the layer follows every later selection
 * of cells and genes. Nothing is copied.
 */
export class SaveRaw extends BaseTransform<typeof params> {
  static readonly spec: TransformSpec<typeof params> = {
    name: 'SaveRaw',
    group: 'misc',
    summary: 'Keeps the counts as a layer before they are normalized.',
    source: 'DANCE',
    usedBy: [
      'SCAG2E',
      'ScDCC',
      'ScDeepCluster',
      'ScDSC',
      'ScGPCL',
      'ScHeteroNet',
      'ScTAG',
      'ScTPF',
    ],
    params,
  };

  /** @throws ParamError for an unknown or invalid parameter */
  constructor(input?: ParamInput<typeof params>) {
    super(SaveRaw.spec, input);
  }

  /** @throws DataError for negative or non-finite values */
  protected override transform(data: AnnData): AnnData {
    assertCounts(data.X);
    const view = data.view();
    view.layers.set(this.params.out, data.X);
    return view;
  }
}
