import { FormatError } from '@dance-ts/core';
import { readBytes, type ByteStorage } from '../storage/byte-storage.js';
import { REWRITE_REMEDY } from './h5-errors.js';
import { findHeaderBlock, updateChecksum } from './header-checksum.js';

/** Names to be taken out of one group. */
export interface Unlinking {
  /** Path of the group, for messages. */
  readonly group: string;
  /** Address of the group's object header, relative to the start of the HDF5 part. */
  readonly address: number;
  readonly names: readonly string[];
}

/** Types of object header messages (HDF5 File Format Specification 3.0, IV.A.2). */
const MESSAGE = { nil: 0, link: 6, continuation: 16, symbolTable: 17 } as const;
const SYMBOL_ENTRY_BYTES = 40;
const NO_ADDRESS = 2n ** 64n - 1n;
/** Deeper trees and longer chains only occur as loops in damaged files. */
const MAX_DEPTH = 32;

interface Message {
  readonly type: number;
  /** Position of the message's type. */
  readonly position: number;
  /** Position of its content. */
  readonly content: number;
  readonly length: number;
}

/**
 * Takes names out of groups of a closed HDF5 file, which h5wasm cannot do. Only the names go: the
 * objects stay as unused space, as they do when HDF5 itself removes them from a file opened later.
 *
 * Source: HDF5 File Format Specification 3.0, sections III.A (group nodes), III.D (local heaps) and
 * IV.A.2 (messages).
 *
 * @param base - position of the HDF5 part in the storage
 * @throws {@link FormatError} if a group keeps its names in a form that is not known here
 */
export function unlink(storage: ByteStorage, base: number, unlinkings: readonly Unlinking[]): void {
  for (const { group, address, names } of unlinkings) {
    const editor = new GroupEditor(storage, base, group);
    for (const name of names) editor.remove(base + address, name);
  }
}

class GroupEditor {
  constructor(
    private readonly storage: ByteStorage,
    private readonly base: number,
    private readonly group: string,
  ) {}

  remove(header: number, name: string): void {
    const messages = this.messagesOf(header);
    const table = messages.find(({ type }) => type === MESSAGE.symbolTable);
    const removed =
      table === undefined
        ? this.removeLinkMessage(messages, name)
        : this.removeFromTree(this.address(table.content), this.address(table.content + 8), name);
    if (!removed) {
      throw new FormatError(`${this.storage.name}: cannot replace "${name}" in ${this.group}`, {
        got: 'a group with another index of names than anndata writes',
        remedy: `${REWRITE_REMEDY.slice(0, -1)}, or choose another name.`,
      });
    }
  }

  /**
   * Newer groups: each name is a message of the object header. The messages behind it in its block
   * move up, and an empty message takes all that is left: a block must not have both an empty
   * message and unused bytes at its end.
   */
  private removeLinkMessage(messages: readonly Message[], name: string): boolean {
    const link = messages.find(
      (message) => message.type === MESSAGE.link && this.linkName(message) === name,
    );
    const block = link && findHeaderBlock(this.storage, link.position);
    if (link === undefined || block === undefined) return false;
    const endOfMessages = messages
      .map(({ content, length }) => content + length)
      .filter((end) => end > link.position && end <= block.end)
      .reduce((last, end) => Math.max(last, end));
    const next = link.content + link.length;
    const following = this.bytes(next, endOfMessages - next);
    this.storage.write(following, link.position);
    const rest = new Uint8Array(block.end - link.position - following.length);
    rest[0] = MESSAGE.nil;
    view(rest).setUint16(1, rest.length - (link.content - link.position), true);
    this.storage.write(rest, link.position + following.length);
    updateChecksum(this.storage, block);
    return true;
  }

  /** Older groups: names are entries of symbol nodes, which are the leaves of a B-tree. */
  private removeFromTree(node: number, heap: number, name: string, depth = 0): boolean {
    if (depth > MAX_DEPTH) return false;
    const head = this.bytes(node, 24);
    const signature = String.fromCharCode(...head.subarray(0, 4));
    if (signature === 'SNOD') return this.removeFromNode(node, heap, name);
    if (signature !== 'TREE') return false;
    const nChildren = view(head).getUint16(6, true);
    // Children stand between keys of 8 bytes each.
    return Array.from({ length: nChildren }, (_, i) => node + 24 + 8 + 16 * i).some((pointer) =>
      this.removeFromTree(this.address(pointer), heap, name, depth + 1),
    );
  }

  private removeFromNode(node: number, heap: number, name: string): boolean {
    const names = this.address(heap + 24);
    const count = view(this.bytes(node + 6, 2)).getUint16(0, true);
    const entries = node + 8;
    for (let i = 0; i < count; i++) {
      const entry = entries + i * SYMBOL_ENTRY_BYTES;
      const nameOffset = Number(view(this.bytes(entry, 8)).getBigUint64(0, true));
      if (this.textAt(names + nameOffset) !== name) continue;
      const following = this.bytes(
        entry + SYMBOL_ENTRY_BYTES,
        (count - 1 - i) * SYMBOL_ENTRY_BYTES,
      );
      this.storage.write(following, entry);
      const newCount = new Uint8Array(2);
      view(newCount).setUint16(0, count - 1, true);
      this.storage.write(newCount, node + 6);
      return true;
    }
    return false;
  }

  private messagesOf(header: number): Message[] {
    const head = this.bytes(header, 16);
    const isNew = String.fromCharCode(...head.subarray(0, 4)) === 'OHDR';
    if (isNew) return this.newMessages(header, head);
    if (head[0] !== 1) return [];
    return this.oldMessages(header + 16, view(head).getUint32(8, true));
  }

  /** Messages of an object header of version 1: type and length of two bytes each. */
  private oldMessages(start: number, length: number, depth = 0): Message[] {
    const messages: Message[] = [];
    if (depth > MAX_DEPTH) return messages;
    for (let position = start; position + 8 <= start + length;) {
      const head = view(this.bytes(position, 8));
      const message = {
        type: head.getUint16(0, true),
        length: head.getUint16(2, true),
        position,
        content: position + 8,
      };
      messages.push(message);
      if (message.type === MESSAGE.continuation) {
        const { address, size } = this.continuation(message);
        messages.push(...this.oldMessages(address, size, depth + 1));
      }
      position = message.content + message.length;
    }
    return messages;
  }

  /** Messages of an object header of version 2: type of one byte, optional creation order. */
  private newMessages(header: number, head: Uint8Array): Message[] {
    const flags = head[5]!;
    const sizeBytes = 1 << (flags & 3);
    const sizeAt = header + 6 + (flags & 0x20 ? 16 : 0) + (flags & 0x10 ? 4 : 0);
    const size = this.bytes(sizeAt, sizeBytes).reduceRight((total, byte) => total * 256 + byte, 0);
    return this.newBlock(sizeAt + sizeBytes, size, flags & 0x04 ? 6 : 4);
  }

  private newBlock(start: number, length: number, headBytes: number, depth = 0): Message[] {
    const messages: Message[] = [];
    if (depth > MAX_DEPTH) return messages;
    for (let position = start; position + headBytes <= start + length;) {
      const head = this.bytes(position, headBytes);
      const message = {
        type: head[0]!,
        length: view(head).getUint16(1, true),
        position,
        content: position + headBytes,
      };
      messages.push(message);
      if (message.type === MESSAGE.continuation) {
        const { address, size } = this.continuation(message);
        // A continuation has a signature before its messages and a checksum behind them.
        messages.push(...this.newBlock(address + 4, size - 8, headBytes, depth + 1));
      }
      position = message.content + message.length;
    }
    return messages;
  }

  private continuation({ content }: Message): { address: number; size: number } {
    return {
      address: this.address(content),
      size: Number(view(this.bytes(content + 8, 8)).getBigUint64(0, true)),
    };
  }

  /** Name in a link message: after the flags come a type, an order, a character set, a length. */
  private linkName({ content, length }: Message): string {
    const bytes = this.bytes(content, length);
    const flags = bytes[1]!;
    const lengthAt = 2 + (flags & 0x08 ? 1 : 0) + (flags & 0x04 ? 8 : 0) + (flags & 0x10 ? 1 : 0);
    const lengthBytes = 1 << (flags & 3);
    const nameLength = bytes
      .subarray(lengthAt, lengthAt + lengthBytes)
      .reduceRight((total, byte) => total * 256 + byte, 0);
    const nameAt = lengthAt + lengthBytes;
    return new TextDecoder().decode(bytes.subarray(nameAt, nameAt + nameLength));
  }

  private textAt(position: number): string {
    const bytes = this.bytes(position, 4096);
    const end = bytes.indexOf(0);
    return new TextDecoder().decode(bytes.subarray(0, end < 0 ? bytes.length : end));
  }

  /** An address in the file as a position in the storage. */
  private address(position: number): number {
    const address = view(this.bytes(position, 8)).getBigUint64(0, true);
    if (address === NO_ADDRESS) return this.storage.size;
    return this.base + Number(address);
  }

  /** Zeros where the storage ends, which no signature matches. */
  private bytes(position: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    bytes.set(readBytes(this.storage, position, length));
    return bytes;
  }
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
