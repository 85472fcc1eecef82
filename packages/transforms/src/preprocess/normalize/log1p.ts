import {
  assertCounts,
  defineParams,
  type AnnData,
  type ParamInput,
  type UnsValue,
} from '@dance-ts/core';
import { z } from 'zod';
import { BaseTransform, type TransformSpec } from '../../transform.js';

const params = defineParams({
  base: z.number().gt(1).optional().describe('Base of the logarithm; natural if left out'),
});

/**
 * X becomes log(1 + X); sparse stays sparse. The base is noted in `uns['log1p']`, as scanpy does,
 * for steps that have to undo the logarithm.
 */
export class Log1P extends BaseTransform<typeof params> {
  static readonly spec: TransformSpec<typeof params> = {
    name: 'Log1P',
    group: 'normalize',
    summary: 'Logarithm of 1 + X.',
    formula: 'ln(1 + x), divided by ln(base) where one is given',
    source: 'scanpy pp.log1p',
    usedBy: [
      'ACTINN',
      'Celltypist',
      'GraphSC',
      'SCAG2E',
      'ScDCC',
      'ScDeepCluster',
      'ScDeepSort',
      'ScDSC',
      'ScGPCL',
      'ScHeteroNet',
      'ScTAG',
      'ScTPF',
      'SingleCellNet',
      'SVM',
    ],
    params,
  };

  /** @throws ParamError for a base that is not above 1 */
  constructor(input?: ParamInput<typeof params>) {
    super(Log1P.spec, input);
  }

  /** @throws DataError for negative or non-finite values */
  protected override transform(data: AnnData): AnnData {
    assertCounts(data.X);
    const { base } = this.params;
    const scale = base === undefined ? 1 : 1 / Math.log(base);
    const view = data.view();
    view.X = data.X.mapData((value) => Math.log1p(value) * scale);
    view.uns.set('log1p', new Map<string, UnsValue>([['base', base ?? null]]));
    return view;
  }
}
