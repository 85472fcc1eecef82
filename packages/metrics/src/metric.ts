import { ParamError } from '@dance-ts/core';

/** What is said of a score, whatever it compares. */
export interface MetricInfo {
  /** Short name, as in result files. */
  readonly name: string;
  readonly longName: string;
  /** Smallest and largest value. */
  readonly range: readonly [number, number];
  readonly higherIsBetter: boolean;
}

/** Range and direction of shares and similarities. */
export const SHARE = { range: [0, 1], higherIsBetter: true } as const;

/** Range and direction of correlations. */
export const CORRELATION = { range: [-1, 1], higherIsBetter: true } as const;

/** Range and direction of errors. */
export const ERROR = { range: [0, Infinity], higherIsBetter: false } as const;

/**
 * The metric of that name in a list.
 *
 * @param what - what the list holds, such as `clustering`
 * @throws ParamError naming those there are
 */
export function metricNamed<M extends MetricInfo>(
  metrics: readonly M[],
  name: string,
  what: string,
): M {
  const metric = metrics.find((known) => known.name === name);
  if (metric === undefined) {
    throw new ParamError(`there is no ${what} metric "${name}"`, {
      expected: `one of ${metrics.map((known) => known.name).join(', ')}`,
    });
  }
  return metric;
}
