import { defineParams, type AnnData } from '@dance-ts/core';
import { BaseTransform, type TransformSpec } from '../../transform.js';
import { tfidf } from './tfidf.js';

const params = defineParams({});

/**
 * Term frequency times inverse document frequency, with cells as documents and genes or peaks as
 * terms: x_ig becomes (x_ig / sum_g x_ig) (N / sum_i x_ig), N being the number of cells. There is no
 * logarithm. Sparse stays sparse; cells without counts stay zero, and so do genes without counts.
 *
 * Source: Cao et al., Nat. Commun. 13, 2022 (GLUE, lsi); DANCE (tfidfTransform). Used by: the
 * multimodality models' search spaces.
 */
export class TfidfTransform extends BaseTransform<typeof params> {
  static readonly spec: TransformSpec<typeof params> = {
    name: 'tfidfTransform',
    group: 'normalize',
    summary: 'Term frequency times inverse document frequency, without logarithm.',
    formula: '(x_ig / sum_g x_ig) (N / sum_i x_ig)',
    source: 'DANCE',
    usedBy: [],
    params,
  };

  /** @throws ParamError for any parameter: it has none */
  constructor(input?: Record<string, unknown>) {
    super(TfidfTransform.spec, input);
  }

  /** @throws DataError for negative or non-finite values */
  protected override transform(data: AnnData): AnnData {
    const view = data.view();
    view.X = tfidf(data.X);
    return view;
  }
}
