import { DataError, ParamError, type CsrMatrix, type Rng } from '@dance-ts/core';
import { withoutStoredZeros } from '../graph-construct/edges.js';

/** Options of {@link splitCounts}. */
export interface SplitCountsOptions {
  /** Probability of each molecule to go to the first part, in (0, 1); default 0.5. */
  readonly fraction?: number;
  readonly rng: Rng;
}

/** Two parts of a matrix of counts; they sum to it exactly. */
export interface SplitCounts {
  readonly first: CsrMatrix;
  readonly second: CsrMatrix;
}

/** Above this, Float32 does not hold every integer, and the parts might not sum to the count. */
const MAX_COUNT = 2 ** 24;

/**
 * Binomial thinning: of each count x, Binomial(x, fraction) goes to the first part and the rest to
 * the second. For Poisson counts the parts are independent given the expression, with means
 * fraction x mean and (1 - fraction) x mean; no zeros are stored.
 *
 * Source: Batson, Royer & Webber, bioRxiv 786269, 2019 (molecular cross-validation); Neufeld et
 * al., Biostatistics 25(1), 2024 (count splitting).
 *
 * @param counts - cells x genes, integers from 0 to 2^24
 * @throws ParamError; DataError for values that are no such integers
 */
export function splitCounts(counts: CsrMatrix, options: SplitCountsOptions): SplitCounts {
  const { fraction = 0.5, rng } = options;
  if (!(fraction > 0 && fraction < 1)) {
    throw new ParamError('splitCounts: fraction', { got: String(fraction), expected: 'in (0, 1)' });
  }
  assertIntegers(counts);
  const first = new Float32Array(counts.nnz);
  const second = new Float32Array(counts.nnz);
  counts.data.forEach((count, e) => {
    const kept = rng.binomial(count, fraction);
    first[e] = kept;
    second[e] = count - kept;
  });
  return {
    first: withoutStoredZeros(counts.withData(first)),
    second: withoutStoredZeros(counts.withData(second)),
  };
}

function assertIntegers({ data }: CsrMatrix): void {
  const bad = data.find((value) => !(Number.isInteger(value) && value >= 0 && value <= MAX_COUNT));
  if (bad === undefined) return;
  throw new DataError('only whole counts can be split into two parts', {
    got: String(bad),
    expected: 'integers from 0 to 2^24',
    remedy: 'Give raw UMI counts (for example layers["counts"] or raw.X), not normalized values.',
  });
}
