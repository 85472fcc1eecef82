import { ParamError } from '@dance-ts/core';

/** Range of a numeric option. */
export interface NumberRange {
  /** Lowest value allowed. */
  readonly min?: number;
  /** The value must be larger than this. */
  readonly above?: number;
  /** Largest value allowed. */
  readonly max?: number;
  readonly integer?: boolean;
}

/**
 * A numeric option that was checked.
 *
 * @param name - owner and option, for the message (`SVC: C`)
 * @throws ParamError if the value is NaN, infinite, outside of the range or no integer
 */
export function checkNumber(name: string, value: number, range: NumberRange): number {
  const { min = -Infinity, above = -Infinity, max = Infinity, integer = false } = range;
  const fits = value >= min && value > above && value <= max && Number.isFinite(value);
  if (fits && (!integer || Number.isInteger(value))) return value;
  throw new ParamError(name, { got: String(value), expected: describeRange(range) });
}

/**
 * An option that is one of several texts.
 *
 * @throws ParamError if it is another one
 */
export function checkChoice<T extends string>(
  name: string,
  value: T,
  choices: readonly NoInfer<T>[],
): T {
  if (choices.includes(value)) return value;
  throw new ParamError(name, { got: `"${value}"`, expected: `one of ${choices.join(', ')}` });
}

/** Weights of the classes: none, inverse to their frequency, or one a label code. */
export type ClassWeight = 'balanced' | readonly number[] | null;

/**
 * Class weights that were checked, as far as that goes without the labels.
 *
 * @throws ParamError if a weight is not a number >= 0 or the text is not 'balanced'
 */
export function checkClassWeight(name: string, value: ClassWeight): ClassWeight {
  if (typeof value === 'string') return checkChoice(name, value, ['balanced']);
  value?.forEach((weight, code) => checkNumber(`${name}[${code}]`, weight, { min: 0 }));
  return value === null ? null : [...value];
}

function describeRange(range: NumberRange): string {
  const bounds = [
    range.min === undefined ? '' : `>= ${range.min}`,
    range.above === undefined ? '' : `> ${range.above}`,
    range.max === undefined ? '' : `<= ${range.max}`,
  ].filter((text) => text !== '');
  const kind = range.integer ? 'an integer' : 'a finite number';
  return bounds.length === 0 ? kind : `${kind} ${bounds.join(' and ')}`;
}
