import { FormatError } from '@dance-ts/core';
import { PickleCursor } from './pickle-cursor.js';
import { allowedGlobal, Budget, callGlobal, invalid, setState } from './pickle-globals.js';
import { PickleName, PickleTuple, type PickleValue } from './pickle-values.js';

/** Options of {@link readPickle}. */
export interface PickleOptions {
  /** Classes that may occur, `module.Name`; their objects are read as attributes, nothing more. */
  readonly classes?: Iterable<string>;
  /** Largest file, and most bytes that arrays and the like may unfold to. Default 1 GiB. */
  readonly maxBytes?: number;
}

const DEFAULT_MAX_BYTES = 2 ** 30;
const OLDEST_PROTOCOL = 2;
const NEWEST_PROTOCOL = 5;
/** Bytes of the longest whole number; no sensible file comes near. */
const LONGEST_INTEGER = 1024;

/**
 * Reads the data of a Python pickle (protocols 2 to 5) without running anything of it.
 *
 * A pickle is a program that may call any function of Python. This reader knows a fixed list of
 * names (NumPy's arrays, scalars and element types, containers), each with its own implementation;
 * `classes` adds names whose objects are kept as their attributes. Every other name is refused.
 *
 * Lists become arrays, dictionaries maps, bytes Uint8Array; the others are classes of this folder.
 * Containers may refer to each other in circles.
 *
 * @throws FormatError that names what is not allowed, or if the file is damaged or too large
 */
export function readPickle(bytes: Uint8Array, options: PickleOptions = {}): PickleValue {
  const { maxBytes = DEFAULT_MAX_BYTES } = options;
  if (bytes.length > maxBytes) {
    throw new FormatError('the pickle is too large', {
      got: `${bytes.length} bytes`,
      expected: `at most ${maxBytes}`,
      remedy: 'Raise maxBytes if that is what you meant.',
    });
  }
  // Not a Node Buffer, whose slices are no copies.
  const plain = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return new Unpickler(plain, new Set(options.classes), new Budget(maxBytes)).run();
}

/** The stack machine that a pickle is a program for. */
class Unpickler {
  private readonly cursor: PickleCursor;
  private readonly memo = new Map<number, PickleValue>();
  private readonly marks: number[] = [];
  private readonly stack: PickleValue[] = [];

  constructor(
    bytes: Uint8Array,
    private readonly classes: ReadonlySet<string>,
    private readonly budget: Budget,
  ) {
    this.cursor = new PickleCursor(bytes);
  }

  run(): PickleValue {
    for (;;) {
      const code = this.cursor.uint8();
      if (code === 0x2e) return this.pop();
      if (this.pushScalar(code) || this.pushText(code) || this.changeContainer(code)) continue;
      if (this.useMemo(code) || this.makeObject(code) || this.moveOn(code)) continue;
      const opcode = `0x${code.toString(16).padStart(2, '0')}`;
      throw new FormatError('the file is no pickle, or uses what is not allowed in one', {
        got: `opcode ${opcode} at byte ${this.cursor.position - 1}`,
      });
    }
  }

  /** None, truth values and numbers. */
  private pushScalar(code: number): boolean {
    const { cursor, stack } = this;
    switch (code) {
      case 0x4e: // NONE
        return stack.push(null) > 0;
      case 0x88: // NEWTRUE
        return stack.push(true) > 0;
      case 0x89: // NEWFALSE
        return stack.push(false) > 0;
      case 0x4a: // BININT
        return stack.push(cursor.int32()) > 0;
      case 0x4b: // BININT1
        return stack.push(cursor.uint8()) > 0;
      case 0x4d: // BININT2
        return stack.push(cursor.uint16()) > 0;
      case 0x47: // BINFLOAT
        return stack.push(cursor.float64()) > 0;
      case 0x8a: // LONG1
        return stack.push(this.twosComplement(cursor.uint8())) > 0;
      case 0x8b: // LONG4
        return stack.push(this.twosComplement(cursor.uint32())) > 0;
      default:
        return false;
    }
  }

  /** Texts and bytes. */
  private pushText(code: number): boolean {
    const { cursor, stack } = this;
    switch (code) {
      case 0x8c: // SHORT_BINUNICODE
        return stack.push(cursor.text(cursor.uint8())) > 0;
      case 0x58: // BINUNICODE
        return stack.push(cursor.text(cursor.uint32())) > 0;
      case 0x8d: // BINUNICODE8
        return stack.push(cursor.text(cursor.uint64())) > 0;
      case 0x43: // SHORT_BINBYTES
        return stack.push(cursor.take(cursor.uint8())) > 0;
      case 0x42: // BINBYTES
        return stack.push(cursor.take(cursor.uint32())) > 0;
      case 0x8e: // BINBYTES8
      case 0x96: // BYTEARRAY8
        return stack.push(cursor.take(cursor.uint64())) > 0;
      default:
        return false;
    }
  }

  /** Lists, tuples, dictionaries and sets. */
  private changeContainer(code: number): boolean {
    const { stack } = this;
    switch (code) {
      case 0x5d: // EMPTY_LIST
        return stack.push([]) > 0;
      case 0x7d: // EMPTY_DICT
        return stack.push(new Map()) > 0;
      case 0x8f: // EMPTY_SET
        return stack.push(new Set()) > 0;
      case 0x91: // FROZENSET
        return stack.push(new Set(this.popMark())) > 0;
      case 0x29: // EMPTY_TUPLE
        return stack.push(new PickleTuple([])) > 0;
      case 0x74: // TUPLE
        return stack.push(new PickleTuple(this.popMark())) > 0;
      case 0x85: // TUPLE1
      case 0x86: // TUPLE2
      case 0x87: // TUPLE3
        return stack.push(new PickleTuple(this.popMany(code - 0x84))) > 0;
      case 0x61: // APPEND
        return this.extend(this.popMany(1));
      case 0x65: // APPENDS
      case 0x90: // ADDITEMS
        return this.extend(this.popMark());
      case 0x73: // SETITEM
        return this.assign(this.popMany(2));
      case 0x75: // SETITEMS
        return this.assign(this.popMark());
      default:
        return false;
    }
  }

  /** Values that are used more than once. */
  private useMemo(code: number): boolean {
    const { cursor, memo } = this;
    switch (code) {
      case 0x94: // MEMOIZE
        return memo.set(memo.size, this.top()).size > 0;
      case 0x71: // BINPUT
        return memo.set(cursor.uint8(), this.top()).size > 0;
      case 0x72: // LONG_BINPUT
        return memo.set(cursor.uint32(), this.top()).size > 0;
      case 0x68: // BINGET
        return this.recall(cursor.uint8());
      case 0x6a: // LONG_BINGET
        return this.recall(cursor.uint32());
      default:
        return false;
    }
  }

  /** Names, and what is made with them. */
  private makeObject(code: number): boolean {
    const { cursor, stack } = this;
    switch (code) {
      case 0x63: // GLOBAL
        return stack.push(this.named(cursor.line(), cursor.line())) > 0;
      case 0x93: {
        // STACK_GLOBAL
        const [module, name] = this.popMany(2);
        return stack.push(this.named(module, name)) > 0;
      }
      case 0x52: // REDUCE
      case 0x81: {
        // NEWOBJ
        const [callee, args] = this.popMany(2);
        if (!(args instanceof PickleTuple)) throw invalid('a call without arguments');
        return stack.push(callGlobal(callee, args.items, this.budget)) > 0;
      }
      case 0x62: {
        // BUILD
        const [target, state] = this.popMany(2);
        setState(target, state ?? null, this.budget);
        return target !== undefined && stack.push(target) > 0;
      }
      default:
        return false;
    }
  }

  /** What leaves nothing new on the stack. */
  private moveOn(code: number): boolean {
    switch (code) {
      case 0x80: // PROTO
        return checkProtocol(this.cursor.uint8());
      case 0x95: // FRAME
        return this.cursor.uint64() >= 0;
      case 0x28: // MARK
        return this.marks.push(this.stack.length) > 0;
      case 0x30: // POP
        this.pop();
        return true;
      case 0x31: // POP_MARK
        this.popMark();
        return true;
      case 0x32: // DUP
        return this.stack.push(this.top()) > 0;
      default:
        return false;
    }
  }

  private named(module: PickleValue | undefined, name: PickleValue | undefined): PickleName {
    if (typeof module !== 'string' || typeof name !== 'string')
      throw invalid('a name that is no text');
    return allowedGlobal(`${module}.${name}`, this.classes);
  }

  /** A little-endian whole number of `length` bytes; a bigint beyond 2^53. */
  private twosComplement(length: number): number | bigint {
    if (length > LONGEST_INTEGER) throw invalid(`a whole number of ${length} bytes`);
    const bytes = this.cursor.take(length);
    let value = 0n;
    for (let b = length - 1; b >= 0; b--) value = (value << 8n) | BigInt(bytes[b]!);
    return numberIfSafe(BigInt.asIntN(8 * length, value));
  }

  private extend(items: readonly PickleValue[]): boolean {
    const target = this.top();
    if (Array.isArray(target)) for (const item of items) target.push(item);
    else if (target instanceof Set) for (const item of items) target.add(item);
    else throw invalid('elements for something that is no list');
    return true;
  }

  private assign(items: readonly PickleValue[]): boolean {
    const target = this.top();
    if (!(target instanceof Map)) throw invalid('entries for something that is no dictionary');
    for (const [key, value] of pairsOf(items)) target.set(key, value);
    return true;
  }

  private recall(key: number): boolean {
    const value = this.memo.get(key);
    if (value === undefined) throw invalid(`nothing was kept as ${key}`);
    return this.stack.push(value) > 0;
  }

  private top(): PickleValue {
    const value = this.stack.at(-1);
    if (value === undefined || this.stack.length <= (this.marks.at(-1) ?? 0)) {
      throw invalid('too few values on the stack');
    }
    return value;
  }

  private pop(): PickleValue {
    const value = this.top();
    this.stack.pop();
    return value;
  }

  private popMany(count: number): PickleValue[] {
    const start = this.stack.length - count;
    if (start < (this.marks.at(-1) ?? 0)) throw invalid('too few values on the stack');
    return this.stack.splice(start);
  }

  private popMark(): PickleValue[] {
    const mark = this.marks.pop();
    if (mark === undefined) throw invalid('the end of a list without its start');
    return this.stack.splice(mark);
  }
}

function pairsOf(items: readonly PickleValue[]): [PickleValue, PickleValue][] {
  if (items.length % 2 !== 0) throw invalid('a dictionary with a key too many');
  return Array.from({ length: items.length / 2 }, (_, i) => [items[2 * i]!, items[2 * i + 1]!]);
}

function checkProtocol(protocol: number): boolean {
  if (protocol >= OLDEST_PROTOCOL && protocol <= NEWEST_PROTOCOL) return true;
  throw new FormatError('protocol of the pickle', {
    got: String(protocol),
    expected: `${OLDEST_PROTOCOL} to ${NEWEST_PROTOCOL}`,
    remedy: 'Pickle it again with protocol=4.',
  });
}

function numberIfSafe(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
