import { compareText, ParamError } from '@dance-ts/core';

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

/** Up to three names that contain the one given, or differ from it in a third of its letters. */
export function nearNames(name: string, names: readonly string[]): string[] {
  const wanted = name.toLowerCase();
  const distance = (other: string): number => {
    if (wanted.length > 2 && other.includes(wanted)) return 0;
    return editDistance(wanted, other);
  };
  return names
    .map((other) => ({ other, steps: distance(other.toLowerCase()) }))
    .filter(({ steps }) => steps <= Math.max(1, Math.ceil(wanted.length / 3)))
    .sort((a, b) => a.steps - b.steps || compareText(a.other, b.other))
    .slice(0, 3)
    .map(({ other }) => other);
}

/** Insertions, deletions and replacements that turn `a` into `b`. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      current.push(Math.min(replaced, previous[j]! + 1, current[j - 1]! + 1));
    }
    previous = current;
  }
  return previous[b.length]!;
}
