import { assertCounts, defineParams, type AnnData, type ParamInput } from '@dance-ts/core';
import { BaseTransform, type TransformSpec } from '@dance-ts/transforms';
import { z } from 'zod';
import type { ExpressionScale } from './expression-scale.js';

/** Entry of `uns` with the {@link ExpressionScale} of X. */
const EXPRESSION_SCALE = 'expression_scale';

const SCALES = { sqrt: 'sqrt', log1p: 'log1p', none: 'normalized' } as const;

/** Names of functions for {@link ScaleValues}. */
export const VALUE_FUNCTIONS = ['sqrt', 'log1p', 'none'] as const;

const params = defineParams({
  f: z.enum(VALUE_FUNCTIONS).default('sqrt').describe('Square root, log(1 + x) or nothing'),
});

/** Takes a function of every value of X, and notes which, so that it can be undone. */
export class ScaleValues extends BaseTransform<typeof params> {
  static readonly spec: TransformSpec<typeof params> = {
    name: 'ScaleValues',
    group: 'normalize',
    summary: 'Square root or logarithm of X.',
    source: 'van Dijk et al., Cell 174(3), 2018',
    usedBy: ['MAGIC'],
    params,
  };

  /** @throws ParamError for an unknown or invalid parameter */
  constructor(input?: ParamInput<typeof params>) {
    super(ScaleValues.spec, input);
  }

  /** @throws DataError for negative or non-finite values */
  protected override transform(data: AnnData): AnnData {
    assertCounts(data.X);
    const { f } = this.params;
    const view = data.view();
    if (f !== 'none') view.X = data.X.mapData((value) => Math[f](value));
    view.uns.set(EXPRESSION_SCALE, SCALES[f]);
    return view;
  }
}

/** The scale of X that {@link ScaleValues} noted; `log1p` where nothing was. */
export function expressionScale(prepared: AnnData): ExpressionScale {
  const noted = prepared.uns.get(EXPRESSION_SCALE);
  return Object.values(SCALES).find((scale) => scale === noted) ?? 'log1p';
}
