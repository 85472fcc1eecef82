import { FormatError, type Bundle, type BundleArray, type Json } from '@dance-ts/core';

/**
 * Checks that a saved state belongs to an estimator.
 *
 * @throws FormatError if it is another one's
 */
export function checkState(owner: string, state: Bundle): void {
  if (state.facts.estimator === owner) return;
  throw new FormatError('saved state of another estimator', {
    got: JSON.stringify(state.facts.estimator ?? null),
    expected: `"${owner}"`,
  });
}

/**
 * A fact of a saved state.
 *
 * @throws FormatError if there is none of that name
 */
export function stateFact(state: Bundle, name: string): Json {
  const fact = state.facts[name];
  if (fact !== undefined) return fact;
  throw new FormatError('incomplete saved state', { expected: `a fact "${name}"` });
}

/** A whole number >= 0 of a saved state; throws FormatError if it is missing or something else. */
export function stateSize(state: Bundle, name: string): number {
  const fact = stateFact(state, name);
  if (typeof fact === 'number' && Number.isInteger(fact) && fact >= 0) return fact;
  throw new FormatError(`"${name}" of a saved state`, {
    got: JSON.stringify(fact),
    expected: 'a whole number >= 0',
  });
}

/**
 * The options an estimator was made with; its constructor checks them.
 *
 * @throws FormatError if there are none
 */
export function stateOptions(state: Bundle): object {
  const options = stateFact(state, 'options');
  if (typeof options === 'object' && options !== null) return options;
  throw new FormatError('"options" of a saved state', { expected: 'an object' });
}

/**
 * An array of a saved state.
 *
 * @throws FormatError if it is missing, of another type or of another length
 */
export function stateArray<T extends BundleArray>(
  state: Bundle,
  name: string,
  Type: new (length: number) => T,
  length?: number,
): T {
  const data = state.tensors.get(name)?.data;
  if (data instanceof Type && (length === undefined || data.length === length)) return data;
  throw new FormatError(`array "${name}" of a saved state`, {
    got: data === undefined ? 'nothing' : `${data.constructor.name} of ${data.length}`,
    expected: `${Type.name}${length === undefined ? '' : ` of ${length}`}`,
  });
}
