import { FormatError, type NumericArray, type NumericDtype } from '@dance-ts/core';
import { DAMAGE_REMEDY, UnsupportedElementError } from './h5-errors.js';
import type { ValueType } from './h5-type.js';

/** Values of one dataset, attribute or compound member, flat. */
export type Decoded = DecodedNumbers | DecodedBooleans | DecodedStrings | DecodedCompound;

/** Numbers; 64-bit integers as exact float64. */
export interface DecodedNumbers {
  readonly kind: 'number';
  readonly values: NumericArray;
  readonly dtype: NumericDtype;
}

/** Truth values 0 and 1. */
export interface DecodedBooleans {
  readonly kind: 'boolean';
  readonly values: Uint8Array;
}

/** Texts. */
export interface DecodedStrings {
  readonly kind: 'string';
  readonly values: string[];
}

/** Rows of named members. */
export interface DecodedCompound {
  readonly kind: 'compound';
  readonly members: readonly DecodedMember[];
}

/** One member of all rows; `itemShape` is [] unless each row holds an array. */
export interface DecodedMember {
  readonly name: string;
  readonly itemShape: readonly number[];
  readonly data: Decoded;
}

/** What decoding needs to know about its surroundings. */
export interface DecodeContext {
  /** Bytes of the text of variable length that a pointer leads to. */
  readonly bytesAt: (pointer: number) => Uint8Array;
  /** Name of the element, for messages. */
  readonly element: string;
  /** Refuses before memory is taken. */
  readonly claim: (bytes: number) => void;
}

/** Takes blocks of raw values in order. */
export interface Decoder<T> {
  /** @param bytes - raw values, aligned to their size and valid during the call only */
  append(bytes: Uint8Array, count: number): void;
  finish(): T;
}

/** Number types that values can be converted to while they are read. */
export type TargetArray = Float32Array | Int32Array | Float64Array;

const ARRAYS = {
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  float32: Float32Array,
  float64: Float64Array,
} as const;

/** What a short text costs beside its characters. */
const TEXT_BYTES = 16;
const utf8 = new TextDecoder();
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Decoder of `count` values in the type they are stored in. */
export function decoderOf(
  type: ValueType,
  count: number,
  context: DecodeContext,
): Decoder<Decoded> {
  switch (type.kind) {
    case 'number':
      return numberDecoder(type.dtype, count, context);
    case 'boolean':
      return booleanDecoder(count, context);
    case 'string':
      return type.variable
        ? textDecoder(count, context, type.utf8 === true)
        : fixedTextDecoder(type.size, count, context, type.utf32 === true);
    case 'compound':
      return compoundDecoder(type, count, context);
    case 'subarray': {
      const perItem = product(type.shape);
      const inner = decoderOf(type.base, count * perItem, context);
      return {
        append: (bytes, items) => {
          inner.append(bytes, items * perItem);
        },
        finish: () => inner.finish(),
      };
    }
    case 'unsupported':
      throw new UnsupportedElementError(`${context.element} holds ${type.description}`, {
        expected: 'numbers, truth values, texts or records of them',
      });
  }
}

/**
 * Decoder of numbers or truth values into an array of another number type.
 *
 * @throws UnsupportedElementError if the values are something else
 */
export function convertingDecoder<T extends TargetArray>(
  type: ValueType,
  target: T,
  context: DecodeContext,
): Decoder<T> {
  if (type.kind !== 'number' && type.kind !== 'boolean') {
    throw new UnsupportedElementError(`${context.element} does not hold numbers`, {
      got: type.kind === 'unsupported' ? type.description : type.kind,
    });
  }
  const dtype = type.kind === 'boolean' ? 'int8' : type.dtype;
  const checked = target instanceof Int32Array && dtype !== 'int32';
  let filled = 0;
  return {
    append: (bytes, count) => {
      const values = numbersIn(dtype, bytes, count, context);
      if (checked) assertInt32(values, context);
      target.set(values, filled);
      filled += count;
    },
    finish: () => target,
  };
}

/** Product of the sizes of a shape; 1 for a scalar. */
export function product(shape: readonly number[]): number {
  return shape.reduce((total, size) => total * size, 1);
}

function numberDecoder(
  dtype: NumericDtype,
  count: number,
  context: DecodeContext,
): Decoder<DecodedNumbers> {
  const is64Bit = dtype === 'int64' || dtype === 'uint64';
  const Type = is64Bit ? Float64Array : ARRAYS[dtype];
  context.claim(count * Type.BYTES_PER_ELEMENT);
  const values = new Type(count);
  let filled = 0;
  return {
    append: (bytes, n) => {
      values.set(numbersIn(dtype, bytes, n, context), filled);
      filled += n;
    },
    finish: () => ({ kind: 'number', values, dtype }),
  };
}

function booleanDecoder(count: number, context: DecodeContext): Decoder<DecodedBooleans> {
  context.claim(count);
  const values = new Uint8Array(count);
  let filled = 0;
  return {
    append: (bytes, n) => {
      for (let i = 0; i < n; i++) values[filled++] = bytes[i] === 0 ? 0 : 1;
    },
    finish: () => ({ kind: 'boolean', values }),
  };
}

/**
 * Variable-length texts: pointers into the library's memory. No checksum guards them in a file, so
 * that the rules of UTF-8 are the only ones to tell damage by; old files may hold other codes.
 */
function textDecoder(
  count: number,
  { bytesAt, claim, element }: DecodeContext,
  isUtf8: boolean,
): Decoder<DecodedStrings> {
  claim(TEXT_BYTES * count);
  const decode = isUtf8 ? (bytes: Uint8Array) => strictText(bytes, element) : utf8Text;
  const values: string[] = [];
  return {
    append: (bytes, n) => {
      let characters = 0;
      for (const pointer of new Uint32Array(bytes.buffer, bytes.byteOffset, n)) {
        const text = decode(bytesAt(pointer));
        characters += text.length;
        values.push(text);
      }
      claim(2 * characters);
    },
    finish: () => ({ kind: 'string', values }),
  };
}

function fixedTextDecoder(
  size: number,
  count: number,
  { claim }: DecodeContext,
  isUtf32: boolean,
): Decoder<DecodedStrings> {
  claim(count * (TEXT_BYTES + size));
  const values: string[] = [];
  const decode = isUtf32 ? utf32Text : utf8Text;
  return {
    append: (bytes, n) => {
      for (let i = 0; i < n; i++) {
        values.push(decode(bytes.subarray(i * size, (i + 1) * size)));
      }
    },
    finish: () => ({ kind: 'string', values }),
  };
}

/** @throws FormatError if the bytes are not UTF-8 */
function strictText(bytes: Uint8Array, element: string): string {
  try {
    return strictUtf8.decode(bytes);
  } catch (cause) {
    throw new FormatError(`${element} holds a text that is not UTF-8`, {
      got: JSON.stringify(utf8.decode(bytes.subarray(0, 40))),
      remedy: DAMAGE_REMEDY,
      cause,
    });
  }
}

/** A text that ends at the first NUL. */
function utf8Text(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return utf8.decode(end < 0 ? bytes : bytes.subarray(0, end));
}

/** Characters of 4 little-endian bytes; the text is padded with NUL. */
function utf32Text(bytes: Uint8Array): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let text = '';
  for (let at = 0; at < bytes.length; at += 4) {
    const point = view.getUint32(at, true);
    text += String.fromCodePoint(point > 0x10ffff ? 0xfffd : point);
  }
  return text.replace(/\0+$/, '');
}

function compoundDecoder(
  type: ValueType & { readonly kind: 'compound' },
  count: number,
  context: DecodeContext,
): Decoder<DecodedCompound> {
  const members = type.members.map((member) => ({
    ...member,
    itemShape: member.type.kind === 'subarray' ? member.type.shape : [],
    decoder: decoderOf(member.type, count, {
      ...context,
      element: `${context.element}, member "${member.name}",`,
    }),
  }));
  return {
    append: (bytes, n) => {
      for (const { offset, type: memberType, decoder } of members) {
        const gathered = new Uint8Array(n * memberType.size);
        for (let i = 0; i < n; i++) {
          const start = i * type.size + offset;
          gathered.set(bytes.subarray(start, start + memberType.size), i * memberType.size);
        }
        decoder.append(gathered, n);
      }
    },
    finish: () => ({
      kind: 'compound',
      members: members.map(({ name, itemShape, decoder }) => ({
        name,
        itemShape,
        data: decoder.finish(),
      })),
    }),
  };
}

/** Views raw little-endian numbers; 64-bit integers are converted. */
function numbersIn(
  dtype: NumericDtype,
  bytes: Uint8Array,
  count: number,
  context: DecodeContext,
): NumericArray {
  if (dtype === 'int64' || dtype === 'uint64') {
    return exactIntegers(bytes, count, dtype === 'int64', context);
  }
  return new ARRAYS[dtype](bytes.buffer as ArrayBuffer, bytes.byteOffset, count);
}

function exactIntegers(
  bytes: Uint8Array,
  count: number,
  signed: boolean,
  context: DecodeContext,
): Float64Array {
  const low = new Uint32Array(bytes.buffer, bytes.byteOffset, 2 * count);
  const high = signed ? new Int32Array(bytes.buffer, bytes.byteOffset, 2 * count) : low;
  const values = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const value = high[2 * i + 1]! * 2 ** 32 + low[2 * i]!;
    if (!Number.isSafeInteger(value)) {
      throw new UnsupportedElementError(`${context.element} holds 64-bit integers beyond 2^53`, {
        got: `about ${value}`,
        remedy: 'Store such identifiers as texts.',
      });
    }
    values[i] = value;
  }
  return values;
}

function assertInt32(values: NumericArray, context: DecodeContext): void {
  const bad = values.find((value: number) => (value | 0) !== value);
  if (bad !== undefined) {
    throw new UnsupportedElementError(`${context.element} holds a value that is no 32-bit index`, {
      got: String(bad),
      expected: `an integer below ${2 ** 31}`,
    });
  }
}
