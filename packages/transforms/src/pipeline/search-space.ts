import { ParamError, type Rng } from '@dance-ts/core';

/** What a place of a pipeline can be set to: one of a list, or a number of a range. */
export type SearchRange =
  | { readonly values: readonly unknown[] }
  | {
      readonly min: number;
      readonly max: number;
      /** Whole numbers if both ends are and nothing else is said. */
      readonly distribution: 'uniform' | 'int_uniform' | 'log_uniform';
    };

/** Ranges by place: `pipeline.<step>.<type>` or `params.<step>.<transform>.<parameter>`. */
export type SearchSpace = ReadonlyMap<string, SearchRange>;

/** A value for each place of a search space. */
export type Choice = Readonly<Record<string, unknown>>;

/**
 * Number of choices of {@link gridChoices}.
 *
 * @param points - numbers taken of a range
 */
export function gridSize(space: SearchSpace, points = 5): number {
  return [...space.values()].reduce((n, range) => n * gridValues(range, points).length, 1);
}

/**
 * Every combination, the last place changing fastest; ranges are cut into evenly spaced numbers
 * (on a logarithmic scale for `log_uniform`).
 *
 * @param points - numbers taken of a range
 */
export function* gridChoices(space: SearchSpace, points = 5): Generator<Choice> {
  const places = [...space].map(([place, range]) => [place, gridValues(range, points)] as const);
  const at = places.map(() => 0);
  if (places.some(([, values]) => values.length === 0)) return;
  for (;;) {
    yield Object.fromEntries(places.map(([place, values], k) => [place, values[at[k]!]]));
    let k = places.length - 1;
    while (k >= 0 && at[k] === (places[k]?.[1].length ?? 0) - 1) at[k--] = 0;
    if (k < 0) return;
    at[k]! += 1;
  }
}

/** `n` combinations drawn at random, each place by itself. */
export function* randomChoices(space: SearchSpace, n: number, rng: Rng): Generator<Choice> {
  for (let k = 0; k < n; k++) {
    yield Object.fromEntries([...space].map(([place, range]) => [place, drawn(range, rng)]));
  }
}

/**
 * A range as the configuration files of DANCE (and of its tracker) write it: `{values: [...]}`,
 * `{value: x}`, `{min, max, distribution}`, or a list.
 *
 * @throws ParamError
 */
export function searchRange(json: unknown, place: string): SearchRange {
  if (Array.isArray(json)) return { values: json };
  const { values, value, min, max, distribution } = (json ?? {}) as Record<string, unknown>;
  if (Array.isArray(values)) return { values };
  if (value !== undefined) return { values: [value] };
  if (typeof min !== 'number' || typeof max !== 'number' || !(min <= max)) {
    throw new ParamError(`the search range of ${place}`, {
      got: JSON.stringify(json),
      expected: '{values: [...]} or {min, max} with min <= max',
    });
  }
  return { min, max, distribution: distributionOf(distribution, min, max, place) };
}

function distributionOf(
  name: unknown,
  min: number,
  max: number,
  place: string,
): 'uniform' | 'int_uniform' | 'log_uniform' {
  switch (name) {
    case undefined:
      return Number.isInteger(min) && Number.isInteger(max) ? 'int_uniform' : 'uniform';
    case 'uniform':
    case 'int_uniform':
      return name;
    case 'log_uniform_values':
    case 'log_uniform':
      if (min > 0) return 'log_uniform';
      throw new ParamError(`the logarithmic search range of ${place}`, {
        got: `min ${min}`,
        expected: 'above 0',
      });
    default:
      throw new ParamError(`the distribution of ${place}`, {
        got: JSON.stringify(name),
        expected: 'uniform, int_uniform or log_uniform_values',
      });
  }
}

function gridValues(range: SearchRange, points: number): readonly unknown[] {
  if ('values' in range) return range.values;
  const { min, max, distribution } = range;
  if (min === max) return [min];
  const shares = Array.from({ length: points }, (_, k) => (points === 1 ? 0.5 : k / (points - 1)));
  const numbers = shares.map((share) => between(range, share));
  if (distribution !== 'int_uniform') return numbers;
  return [...new Set(numbers.map((value) => Math.min(max, Math.round(value))))];
}

function drawn(range: SearchRange, rng: Rng): unknown {
  if ('values' in range) return range.values[rng.int(range.values.length)];
  if (range.distribution === 'int_uniform') {
    const first = Math.ceil(range.min);
    return first + rng.int(Math.floor(range.max) - first + 1);
  }
  return between(range, rng.uniform());
}

function between(
  { min, max, distribution }: Exclude<SearchRange, { values: readonly unknown[] }>,
  share: number,
): number {
  if (share === 1) return max;
  return distribution === 'log_uniform' ? min * (max / min) ** share : min + share * (max - min);
}
