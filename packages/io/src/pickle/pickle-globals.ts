import { FormatError } from '@dance-ts/core';
import { decodeElements, fillArray, NumpyDtype } from './numpy-values.js';
import {
  PickleArray,
  PickleName,
  PickleObject,
  PickleTuple,
  type PickleValue,
} from './pickle-values.js';

const POINTER_BYTES = 8;

type Builder = (args: readonly PickleValue[], budget: Budget) => PickleValue;

/** Bytes that may still be copied out of the file; a pickle may ask for the same ones many times. */
export class Budget {
  constructor(private left: number) {}

  /** @throws FormatError if there are not that many left */
  spend(bytes: number): void {
    this.left -= bytes;
    if (this.left < 0) {
      throw new FormatError('the pickle unfolds to more than is allowed', {
        remedy: 'Raise maxBytes if the file comes from a source you trust.',
      });
    }
  }
}

const BUILDERS: ReadonlyMap<string, Builder> = new Map<string, Builder>([
  ...both('multiarray._reconstruct', () => new PickleArray()),
  ...both('multiarray.scalar', ([dtype, raw], budget) => {
    const type = dtypeOf(dtype);
    if (type.kind === 'O') return raw ?? null;
    const data = elementsOf(type, raw, budget);
    const [only] = data;
    if (data.length === 1 && only !== undefined) return type.kind === 'b' ? only === 1 : only;
    // A text of width 0 has no bytes.
    if (data.length === 0 && (type.kind === 'U' || type.kind === 'S')) return '';
    throw invalid('a NumPy scalar');
  }),
  ...both('numeric._frombuffer', ([raw, dtype, shape, order], budget) => {
    const data = elementsOf(dtypeOf(dtype), raw, budget);
    return fillArray(new PickleArray(), shape, data, order === 'F');
  }),
  ['numpy.dtype', ([code]) => NumpyDtype.parse(code)],
  ['_codecs.encode', ([text], budget) => latin1(text, budget)],
  ...inBuiltins('set', ([items], budget) => new Set(itemsOf(items, budget))),
  ...inBuiltins('frozenset', ([items], budget) => new Set(itemsOf(items, budget))),
  ...inBuiltins('bytes', ([raw], budget) => bytesOf(raw ?? '', budget).slice()),
  ...inBuiltins('bytearray', ([raw], budget) => bytesOf(raw ?? '', budget).slice()),
  ['collections.OrderedDict', () => new Map<PickleValue, PickleValue>()],
  ['copyreg._reconstructor', ([type]) => newObject(type, [])],
  ['copy_reg._reconstructor', ([type]) => newObject(type, [])],
]);

/** Names that are only ever arguments of the above. */
const ARGUMENTS = new Set(['numpy.ndarray', 'builtins.object', '__builtin__.object']);

/**
 * The stand-in for a name.
 *
 * @param classes - names beyond NumPy's that may occur, as objects without behavior
 * @throws FormatError that names it, if it is not allowed
 */
export function allowedGlobal(name: string, classes: ReadonlySet<string>): PickleName {
  if (BUILDERS.has(name) || ARGUMENTS.has(name) || classes.has(name)) return new PickleName(name);
  throw new FormatError('the pickle names something that is not allowed', {
    got: name.slice(0, 200),
    expected: 'plain data, NumPy arrays and the classes of this kind of file',
    remedy: 'Nothing of it was run; do not open the file with Python unless you trust its source.',
  });
}

/** What the call of a name stands for: data, or an object without behavior. */
export function callGlobal(
  callee: PickleValue | undefined,
  args: readonly PickleValue[],
  budget: Budget,
): PickleValue {
  if (!(callee instanceof PickleName)) throw invalid('a call of something that is no name');
  if (ARGUMENTS.has(callee.name)) throw invalid(`a call of ${callee.name}`);
  const builder = BUILDERS.get(callee.name);
  return builder ? builder(args, budget) : newObject(callee, args);
}

/** Gives an object its state. */
export function setState(
  target: PickleValue | undefined,
  state: PickleValue,
  budget: Budget,
): void {
  if (target instanceof PickleObject) target.state = state;
  else if (target instanceof NumpyDtype) target.setState(state);
  else if (target instanceof PickleArray) setArrayState(target, state, budget);
  else throw invalid('state for something that has none');
}

/** Error about a pickle that contradicts itself. */
export function invalid(what: string): FormatError {
  return new FormatError('the pickle is damaged', { got: what });
}

/** State of an array: (version, shape, element type, Fortran order, bytes or list). */
function setArrayState(array: PickleArray, state: PickleValue, budget: Budget): void {
  const parts = state instanceof PickleTuple ? state.items : [];
  const [shape, dtype, fortran, raw] = parts.slice(-4);
  const type = dtypeOf(dtype);
  // NumPy lists objects in C order whatever the order of the array.
  if (type.kind === 'O') fillArray(array, shape, itemsOf(raw, budget), false);
  else fillArray(array, shape, elementsOf(type, raw, budget), fortran === true);
}

function elementsOf(type: NumpyDtype, raw: PickleValue | undefined, budget: Budget) {
  return decodeElements(bytesOf(raw, budget), type);
}

/** Bytes; protocols before 3 keep them as texts of Latin-1. */
function bytesOf(raw: PickleValue | undefined, budget: Budget): Uint8Array {
  if (typeof raw === 'string') return latin1(raw, budget);
  if (!(raw instanceof Uint8Array)) throw invalid('an array without bytes');
  budget.spend(raw.length);
  return raw;
}

function latin1(text: PickleValue | undefined, budget: Budget): Uint8Array {
  if (typeof text !== 'string') throw invalid('bytes that are no text');
  budget.spend(text.length);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

function itemsOf(list: PickleValue | undefined, budget: Budget): readonly PickleValue[] {
  const items = list instanceof PickleTuple ? list.items : (list ?? []);
  if (!Array.isArray(items)) throw invalid('elements that are no list');
  const elements = items as readonly PickleValue[];
  budget.spend(POINTER_BYTES * elements.length);
  return elements;
}

function dtypeOf(value: PickleValue | undefined): NumpyDtype {
  if (value instanceof NumpyDtype) return value;
  throw invalid('an array without element type');
}

function newObject(type: PickleValue | undefined, args: readonly PickleValue[]): PickleObject {
  const isClass = type instanceof PickleName && !BUILDERS.has(type.name);
  if (!isClass || ARGUMENTS.has(type.name)) throw invalid('an object without class');
  return new PickleObject(type.name, args);
}

/** NumPy 1 and 2 keep the same functions in different modules. */
function both(name: string, builder: Builder): (readonly [string, Builder])[] {
  return ['numpy.core', 'numpy._core'].map((module) => [`${module}.${name}`, builder]);
}

/** Python 2 had another name for its builtins; protocol 2 keeps it. */
function inBuiltins(name: string, builder: Builder): (readonly [string, Builder])[] {
  return ['builtins', '__builtin__'].map((module) => [`${module}.${name}`, builder]);
}
