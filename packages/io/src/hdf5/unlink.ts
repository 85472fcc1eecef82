import { FormatError } from '@dance-ts/core';
import type { ByteStorage } from '../storage/byte-storage.js';
import { REWRITE_REMEDY } from './h5-errors.js';
import { findHeaderBlock, updateChecksum } from './header-checksum.js';
import { littleEndian, MAX_DEPTH, MESSAGE, RawFile, type Message } from './object-header.js';

/** Names to be taken out of one group. */
export interface Unlinking {
  /** Path of the group, for messages. */
  readonly group: string;
  /** Address of the group's object header, relative to the start of the HDF5 part. */
  readonly address: number;
  readonly names: readonly string[];
}

const SYMBOL_ENTRY_BYTES = 40;

/**
 * Takes names out of groups of a closed HDF5 file, which h5wasm cannot do. Only the names go: the
 * objects stay as unused space, as they do when HDF5 itself removes them from a file opened later.
 *
 * Source: HDF5 File Format Specification 3.0, sections III.A (group nodes), III.D (local heaps) and
 * IV.A.2 (messages).
 *
 * @param base - position of the HDF5 part in the storage
 * @throws FormatError if a group keeps its names in a form that is not known here
 */
export function unlink(storage: ByteStorage, base: number, unlinkings: readonly Unlinking[]): void {
  const file = new RawFile(storage, base);
  for (const { group, address, names } of unlinkings) {
    for (const name of names) {
      if (file.hasWideAddresses && removeName(file, base + address, name)) continue;
      throw new FormatError(`${storage.name}: cannot replace "${name}" in ${group}`, {
        got: 'a group with another index of names than anndata writes',
        remedy: `${REWRITE_REMEDY.slice(0, -1)}, or choose another name.`,
      });
    }
  }
}

function removeName(file: RawFile, header: number, name: string): boolean {
  const messages = file.messages(header);
  const table = messages.find(({ type }) => type === MESSAGE.symbolTable);
  if (table === undefined) return removeLinkMessage(file, messages, name);
  return removeFromTree(file, file.address(table.content), file.address(table.content + 8), name);
}

/**
 * Newer groups: each name is a message of the object header. The messages behind it in its block
 * move up, and an empty message takes all that is left: a block must not have both an empty
 * message and unused bytes at its end.
 */
function removeLinkMessage(file: RawFile, messages: readonly Message[], name: string): boolean {
  const { storage } = file;
  const link = messages.find(
    (message) => message.type === MESSAGE.link && linkName(file, message) === name,
  );
  const block = link && findHeaderBlock(storage, link.position);
  if (link === undefined || block === undefined) return false;
  const endOfMessages = messages
    .map(({ content, length }) => content + length)
    .filter((end) => end > link.position && end <= block.end)
    .reduce((last, end) => Math.max(last, end));
  const next = link.content + link.length;
  const following = file.bytes(next, endOfMessages - next);
  storage.write(following, link.position);
  const rest = new Uint8Array(block.end - link.position - following.length);
  rest[0] = MESSAGE.nil;
  new DataView(rest.buffer).setUint16(1, rest.length - (link.content - link.position), true);
  storage.write(rest, link.position + following.length);
  updateChecksum(storage, block);
  return true;
}

/** Older groups: names are entries of symbol nodes, which are the leaves of a B-tree. */
function removeFromTree(
  file: RawFile,
  node: number,
  heap: number,
  name: string,
  depth = 0,
): boolean {
  if (depth > MAX_DEPTH) return false;
  const head = file.bytes(node, 8);
  const signature = String.fromCharCode(...head.subarray(0, 4));
  if (signature === 'SNOD') return removeFromNode(file, node, heap, name);
  if (signature !== 'TREE') return false;
  const nChildren = littleEndian(head.subarray(6, 8));
  // Children stand between keys of 8 bytes each.
  return Array.from({ length: nChildren }, (_, i) => node + 24 + 8 + 16 * i).some((pointer) =>
    removeFromTree(file, file.address(pointer), heap, name, depth + 1),
  );
}

function removeFromNode(file: RawFile, node: number, heap: number, name: string): boolean {
  const names = file.address(heap + 24);
  const count = littleEndian(file.bytes(node + 6, 2));
  for (let i = 0; i < count; i++) {
    const entry = node + 8 + i * SYMBOL_ENTRY_BYTES;
    if (textAt(file, names + littleEndian(file.bytes(entry, 8))) !== name) continue;
    const nFollowing = count - 1 - i;
    const following = file.bytes(entry + SYMBOL_ENTRY_BYTES, nFollowing * SYMBOL_ENTRY_BYTES);
    file.storage.write(following, entry);
    file.storage.write(Uint8Array.of((count - 1) & 0xff, (count - 1) >> 8), node + 6);
    return true;
  }
  return false;
}

/** Name in a link message: after the flags come a type, an order, a character set, a length. */
function linkName(file: RawFile, { content, length }: Message): string {
  const bytes = file.bytes(content, length);
  const flags = bytes[1]!;
  const lengthAt = 2 + (flags & 0x08 ? 1 : 0) + (flags & 0x04 ? 8 : 0) + (flags & 0x10 ? 1 : 0);
  const nameAt = lengthAt + (1 << (flags & 3));
  const nameLength = littleEndian(bytes.subarray(lengthAt, nameAt));
  return new TextDecoder().decode(bytes.subarray(nameAt, nameAt + nameLength));
}

function textAt(file: RawFile, position: number): string {
  const bytes = file.bytes(position, 4096);
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(bytes.subarray(0, end < 0 ? bytes.length : end));
}
