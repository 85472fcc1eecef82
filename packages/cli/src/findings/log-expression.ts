import { assertCounts, Rng, type AnnData, type RunOptions } from '@dance-ts/core';
import { Compose, Log1P, NormalizeTotal } from '@dance-ts/transforms';

/**
 * A view of the data whose X is log(1 + counts scaled to 10,000 a cell); the data stay as they are.
 *
 * @throws DataError if X does not hold counts; AbortError
 */
export async function logExpression(data: AnnData, run: RunOptions): Promise<AnnData> {
  assertCounts(data.X);
  const pipeline = new Compose([new NormalizeTotal({ targetSum: 1e4 }), new Log1P()]);
  const rng = Rng.fromSeed(0).fork('log-expression');
  const { signal, reporter } = run;
  return pipeline.apply(data, { rng, signal, reporter });
}
