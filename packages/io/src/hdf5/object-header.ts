import { readBytes, type ByteSource, type ByteStorage } from '../storage/byte-storage.js';

/** Types of object header messages (HDF5 File Format Specification 3.0, IV.A.2). */
export const MESSAGE = {
  nil: 0,
  dataspace: 1,
  fillValue: 5,
  link: 6,
  layout: 8,
  filters: 11,
  continuation: 16,
  symbolTable: 17,
  modificationTime: 18,
} as const;

/** Deeper trees and longer chains only occur as loops in damaged files. */
export const MAX_DEPTH = 32;

/** More messages only occur where a damaged continuation leads back to its own header. */
const MAX_MESSAGES = 2 ** 16;

const NO_ADDRESS = 2n ** 64n - 1n;

/** One message of an object header. */
export interface Message {
  readonly type: number;
  /** Bit 1 tells that its content stands elsewhere. */
  readonly flags: number;
  /** Position of the message's type. */
  readonly position: number;
  /** Position of its content. */
  readonly content: number;
  /** Bytes of its content. */
  readonly length: number;
}

/** The structures of an HDF5 file, read from its bytes. */
export class RawFile<Storage extends ByteSource = ByteStorage> {
  /** @param base - position of the HDF5 part in the storage */
  constructor(
    readonly storage: Storage,
    readonly base: number,
  ) {}

  /** True if addresses and lengths have 8 bytes, as in every file anndata writes. */
  get hasWideAddresses(): boolean {
    const superblock = this.bytes(this.base, 16);
    const sizesAt = superblock[8]! < 2 ? 13 : 9;
    return superblock[sizesAt] === 8 && superblock[sizesAt + 1] === 8;
  }

  /** Bytes of the file; zeros where it ends, which no signature matches. */
  bytes(position: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    bytes.set(readBytes(this.storage, position, length));
    return bytes;
  }

  /** The same for reading numbers. */
  view(position: number, length: number): DataView {
    return new DataView(this.bytes(position, length).buffer);
  }

  /** An address kept in the file, as a position in the storage. */
  address(position: number): number {
    const address = this.view(position, 8).getBigUint64(0, true);
    return address === NO_ADDRESS ? this.storage.size : this.base + Number(address);
  }

  /** Messages of the object header at a position, with those of its continuations. */
  messages(header: number): Message[] {
    const head = this.bytes(header, 16);
    if (String.fromCharCode(...head.subarray(0, 4)) === 'OHDR') {
      return this.newMessages(header, head[5]!);
    }
    if (head[0] !== 1) return [];
    return this.blockMessages(header + 16, this.view(header + 8, 4).getUint32(0, true), OLD_FORM);
  }

  /** Header of version 2: optional times and limits, then a length of 1, 2, 4 or 8 bytes. */
  private newMessages(header: number, flags: number): Message[] {
    const sizeBytes = 1 << (flags & 3);
    const sizeAt = header + 6 + (flags & 0x20 ? 16 : 0) + (flags & 0x10 ? 4 : 0);
    const size = littleEndian(this.bytes(sizeAt, sizeBytes));
    const form: MessageForm = {
      typeBytes: 1,
      headBytes: flags & 0x04 ? 6 : 4,
      signatureBytes: 4,
      tailBytes: 4,
    };
    return this.blockMessages(sizeAt + sizeBytes, size, form);
  }

  /** Adds the messages of a block and of its continuations to those found before. */
  private blockMessages(
    start: number,
    length: number,
    form: MessageForm,
    messages: Message[] = [],
    depth = 0,
  ): Message[] {
    if (depth > MAX_DEPTH) return messages;
    const end = Math.min(start + length, this.storage.size);
    let position = start;
    while (position + form.headBytes <= end && messages.length < MAX_MESSAGES) {
      const head = this.view(position, form.headBytes);
      const message = {
        type: form.typeBytes === 1 ? head.getUint8(0) : head.getUint16(0, true),
        length: head.getUint16(form.typeBytes, true),
        flags: head.getUint8(form.typeBytes + 2),
        position,
        content: position + form.headBytes,
      };
      messages.push(message);
      if (message.type === MESSAGE.continuation) {
        const size = Number(this.view(message.content + 8, 8).getBigUint64(0, true));
        const { signatureBytes, tailBytes } = form;
        const first = this.address(message.content) + signatureBytes;
        const rest = size - signatureBytes - tailBytes;
        this.blockMessages(first, rest, form, messages, depth + 1);
      }
      position = message.content + message.length;
    }
    return messages;
  }
}

/** How messages are laid out in a version of the object header. */
interface MessageForm {
  readonly typeBytes: 1 | 2;
  /** Bytes before the content of a message. */
  readonly headBytes: number;
  /** Bytes before the messages of a continuation. */
  readonly signatureBytes: number;
  /** Bytes behind them: the checksum. */
  readonly tailBytes: number;
}

const OLD_FORM: MessageForm = { typeBytes: 2, headBytes: 8, signatureBytes: 0, tailBytes: 0 };

/** Number in little-endian bytes. */
export function littleEndian(bytes: ArrayLike<number>): number {
  return Array.from(bytes).reduceRight((total, byte) => total * 256 + byte, 0);
}
