import { compareText, nearNames, ParamError } from '@dance-ts/core';

/**
 * The one of several things that a name means; capitals do not matter.
 *
 * @param what - kind of thing, for the message (`task`)
 * @throws ParamError naming those there are and the most similar ones
 */
export function choose<T>(
  what: string,
  name: string,
  known: readonly T[],
  nameOf: (one: T) => string,
): T {
  const wanted = name.toLowerCase();
  const found = known.find((one) => nameOf(one).toLowerCase() === wanted);
  if (found !== undefined) return found;
  const names = known.map(nameOf);
  const near = nearNames(name, names);
  throw new ParamError(`there is no ${what} "${name}"`, {
    expected: `one of ${[...names].sort(compareText).join(', ')}`,
    ...(near.length === 0 ? {} : { remedy: `Did you mean ${near.join(' or ')}?` }),
  });
}
