import { product } from '../decode.js';
import type { Member, ValueType } from '../h5-type.js';
import { TEXT_REFERENCE_BYTES } from './heap-texts.js';

const POINTER_BYTES = 4;

/** True if values of a type refer to texts that stand elsewhere. */
export function holdsVariableTexts(type: ValueType): boolean {
  if (type.kind === 'string') return type.variable;
  if (type.kind === 'subarray') return holdsVariableTexts(type.base);
  return type.kind === 'compound' && type.members.some((member) => holdsVariableTexts(member.type));
}

/** True if values are in memory as they are in the file. */
function isSameInMemory(type: ValueType): boolean {
  if (type.kind === 'number') return type.bigEndian !== true;
  if (type.kind === 'subarray') return isSameInMemory(type.base);
  if (type.kind === 'compound') return type.members.every((member) => isSameInMemory(member.type));
  return !holdsVariableTexts(type);
}

/**
 * Bytes of a value in the file. In memory, which a type describes, a text of variable length is a
 * pointer of 4 bytes; in the file it is a reference of 16.
 */
export function storedSize(type: ValueType): number {
  if (!holdsVariableTexts(type)) return type.size;
  if (type.kind === 'subarray') return storedSize(type.base) * product(type.shape);
  if (type.kind !== 'compound') return TEXT_REFERENCE_BYTES;
  const growth = type.members.map((member) => storedSize(member.type) - member.type.size);
  return growth.reduce((size, more) => size + more, type.size);
}

/**
 * Values as they are in memory, from values as they are in the file.
 *
 * @param stored - `count` values in the form of the file
 * @param pointerTo - makes a pointer to the text that a reference leads to
 */
export function toMemory(
  type: ValueType,
  stored: Uint8Array,
  count: number,
  pointerTo: (reference: Uint8Array) => number,
): Uint8Array {
  if (isSameInMemory(type)) return stored;
  const memory = new Uint8Array(count * type.size);
  const view = new DataView(memory.buffer);
  const convert = (part: ValueType, n: number, from: number, to: number): void => {
    if (isSameInMemory(part)) {
      memory.set(stored.subarray(from, from + n * part.size), to);
    } else if (part.kind === 'number') {
      memory.set(stored.subarray(from, from + n * part.size), to);
      reverseEach(memory.subarray(to, to + n * part.size), part.size);
    } else if (part.kind === 'subarray') {
      convert(part.base, n * product(part.shape), from, to);
    } else if (part.kind === 'compound') {
      const members = storedMembers(part.members);
      const size = storedSize(part);
      for (let i = 0; i < n; i++) {
        for (const { type: member, offset, storedOffset } of members) {
          convert(member, 1, from + i * size + storedOffset, to + i * part.size + offset);
        }
      }
    } else {
      for (let i = 0; i < n; i++) {
        const at = from + i * TEXT_REFERENCE_BYTES;
        const pointer = pointerTo(stored.subarray(at, at + TEXT_REFERENCE_BYTES));
        view.setUint32(to + i * POINTER_BYTES, pointer, true);
      }
    }
  };
  convert(type, count, 0, 0);
  return memory;
}

/**
 * Turns numbers around whose highest byte comes first, in place. The HDF5 library does so with plain
 * numbers, but not with those in records.
 *
 * @param memory - `count` values as the library read them
 */
export function turnMembers(type: ValueType, memory: Uint8Array, count: number): void {
  if (type.kind !== 'compound' || isSameInMemory(type)) return;
  for (const member of type.members) {
    for (let i = 0; i < count; i++) {
      const start = i * type.size + member.offset;
      const value = memory.subarray(start, start + member.type.size);
      const plain = member.type.kind === 'subarray' ? member.type.base : member.type;
      if (plain.kind === 'number' && plain.bigEndian === true) reverseEach(value, plain.size);
      turnMembers(plain, value, value.length / plain.size);
    }
  }
}

function reverseEach(bytes: Uint8Array, size: number): void {
  for (let at = 0; at < bytes.length; at += size) bytes.subarray(at, at + size).reverse();
}

/** Members in order, each moved on by what those before it are longer in the file. */
function storedMembers(members: readonly Member[]): (Member & { readonly storedOffset: number })[] {
  let growth = 0;
  return [...members]
    .sort((a, b) => a.offset - b.offset)
    .map((member) => {
      const storedOffset = member.offset + growth;
      growth += storedSize(member.type) - member.type.size;
      return { ...member, storedOffset };
    });
}
