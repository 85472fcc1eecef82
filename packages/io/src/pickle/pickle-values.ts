import type { NumpyDtype } from './numpy-values.js';

/** A name that the pickle refers to, `module.Name`; never a function. */
export class PickleName {
  constructor(readonly name: string) {}
}

/** A Python tuple. */
export class PickleTuple {
  constructor(readonly items: readonly PickleValue[]) {}
}

/**
 * An object of a class that the caller allowed: its name, what it was called with and its state.
 * Nothing of the class itself is known or run.
 */
export class PickleObject {
  /** Usually a dictionary of attributes; null if it has none. */
  state: PickleValue = null;

  constructor(
    /** `module.Name` */
    readonly className: string,
    readonly args: readonly PickleValue[],
  ) {}

  /** The attribute of that name; undefined if there is none. */
  attribute(name: string): PickleValue | undefined {
    return this.state instanceof Map ? this.state.get(name) : undefined;
  }
}

/** Elements of a NumPy array; 64-bit integers are held as float64, exact up to 2^53. */
export type PickleArrayData =
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array
  | readonly string[]
  | readonly PickleValue[];

/** A NumPy array in C order. */
export class PickleArray {
  shape: readonly number[] = [0];
  data: PickleArrayData = [];
}

/** What a pickle can hold here; bytes are Uint8Array, lists arrays, dictionaries maps. */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | PickleValue[]
  | PickleTuple
  | Map<PickleValue, PickleValue>
  | Set<PickleValue>
  | PickleArray
  | PickleObject
  | PickleName
  | NumpyDtype;
