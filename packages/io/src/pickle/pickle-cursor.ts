import { FormatError } from '@dance-ts/core';

const NEWLINE = 10;

/** Reads little-endian fields one after the other; reading past the end is a FormatError. */
export class PickleCursor {
  private readonly view: DataView;
  private readonly decoder = new TextDecoder('utf-8', { fatal: true });
  position = 0;

  constructor(private readonly bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  uint8(): number {
    return this.view.getUint8(this.advance(1));
  }

  uint16(): number {
    return this.view.getUint16(this.advance(2), true);
  }

  int32(): number {
    return this.view.getInt32(this.advance(4), true);
  }

  uint32(): number {
    return this.view.getUint32(this.advance(4), true);
  }

  /** A length of 8 bytes; what lies beyond 2^53 is beyond any file as well. */
  uint64(): number {
    return Number(this.view.getBigUint64(this.advance(8), true));
  }

  /** Big-endian, as the only field of the format. */
  float64(): number {
    return this.view.getFloat64(this.advance(8), false);
  }

  /** `length` bytes, as a view. */
  take(length: number): Uint8Array {
    const start = this.advance(length);
    return this.bytes.subarray(start, start + length);
  }

  /** `length` bytes of UTF-8. */
  text(length: number): string {
    const bytes = this.take(length);
    try {
      return this.decoder.decode(bytes);
    } catch (cause) {
      throw new FormatError('a text of the pickle is not UTF-8', { cause });
    }
  }

  /** Text up to the end of the line, which is left out. */
  line(): string {
    const end = this.bytes.indexOf(NEWLINE, this.position);
    if (end < 0) throw this.tooShort();
    const text = this.text(end - this.position);
    this.position = end + 1;
    return text;
  }

  private advance(length: number): number {
    const start = this.position;
    if (!(start + length <= this.bytes.length)) throw this.tooShort();
    this.position = start + length;
    return start;
  }

  private tooShort(): FormatError {
    return new FormatError('the pickle ends too early', {
      got: `${this.bytes.length} bytes`,
      remedy: 'Download or copy the file again.',
    });
  }
}
