const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;
/** The decimal point, counted from the digit 0. */
const POINT = 0x2e - 0x30;
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;
/** Digits that a float64 holds exactly. */
const EXACT_DIGITS = 15;
/** Longer words are no numbers. */
const MAX_TEXT = 1000;
const DECODER = new TextDecoder();

/** Reads numbers separated by blanks from the bytes of whole lines. */
export class NumberScanner {
  private at = 0;

  constructor(private readonly bytes: Uint8Array) {}

  /** True if all bytes are used up. */
  get isAtEnd(): boolean {
    return this.at >= this.bytes.length;
  }

  /** First byte of what is left of the line behind blanks; a line break or 0 where it ends. */
  peek(): number {
    this.skipBlanks();
    return this.bytes[this.at] ?? 0;
  }

  /** The next number of the line; NaN if there is none or it is no finite decimal number. */
  number(): number {
    this.skipBlanks();
    const { bytes } = this;
    const start = this.at;
    let at = start;
    let mantissa = 0;
    let point = -1;
    for (; at < bytes.length; at++) {
      const digit = bytes[at]! - 0x30;
      if (digit >= 0 && digit <= 9) mantissa = 10 * mantissa + digit;
      else if (digit === POINT && point < 0) point = at;
      else break;
    }
    const nDigits = at - start - (point < 0 ? 0 : 1);
    const byte = bytes[at];
    const isWhole = byte === undefined || isBlank(byte) || byte === NEWLINE;
    if (isWhole && nDigits > 0 && nDigits <= EXACT_DIGITS) {
      this.at = at;
      // Both are exact, so that their quotient is rounded once, as the number itself would be.
      return point < 0 ? mantissa : mantissa / 10 ** (at - point - 1);
    }
    const token = this.token();
    const number = NUMBER.test(token) ? Number(token) : NaN;
    return Number.isFinite(number) ? number : NaN;
  }

  /** The next word of the line; empty at its end. */
  token(): string {
    this.skipBlanks();
    const start = this.at;
    while (this.at < this.bytes.length) {
      const byte = this.bytes[this.at]!;
      if (isBlank(byte) || byte === NEWLINE) break;
      this.at += 1;
    }
    return DECODER.decode(this.bytes.subarray(start, Math.min(this.at, start + MAX_TEXT)));
  }

  /** Goes to the next line; false if something was left of this one. */
  endLine(): boolean {
    const isClean = this.peek() === NEWLINE || this.isAtEnd;
    this.skipLine();
    return isClean;
  }

  /** What is left of the line, which it goes behind; the first part of it, where it is long. */
  rest(): string {
    const start = this.at;
    this.skipLine();
    return DECODER.decode(this.bytes.subarray(start, Math.min(this.at, start + MAX_TEXT))).trim();
  }

  private skipLine(): void {
    const end = this.bytes.indexOf(NEWLINE, this.at);
    this.at = end < 0 ? this.bytes.length : end + 1;
  }

  private skipBlanks(): void {
    while (this.at < this.bytes.length && isBlank(this.bytes[this.at]!)) this.at += 1;
  }
}

function isBlank(byte: number): boolean {
  return byte === 0x20 || byte === 0x09 || byte === CARRIAGE_RETURN;
}
