import { defineParams, type AnnData } from '@dance-ts/core';
import { BaseTransform, type TransformSpec } from '../../transform.js';

const params = defineParams({});

/**
 * Does nothing: the choice "no normalization" where a search tries one after the other.
 *
 * Source: DANCE (NormalizePlaceHolder). Used by: search spaces only.
 */
export class NormalizePlaceHolder extends BaseTransform<typeof params> {
  static readonly spec: TransformSpec<typeof params> = {
    name: 'NormalizePlaceHolder',
    group: 'normalize',
    summary: 'Does nothing; stands for a normalization in a search.',
    source: 'DANCE',
    usedBy: [],
    params,
  };

  /** @throws ParamError for any parameter: it has none */
  constructor(input?: Record<string, unknown>) {
    super(NormalizePlaceHolder.spec, input);
  }

  protected override transform(data: AnnData): AnnData {
    return data.view();
  }
}
