import { FormatError, Pacer, type ErrorDetail } from '@dance-ts/core';
import { contentBlocks } from '../storage/byte-blocks.js';
import type { ByteSource } from '../storage/byte-storage.js';
import { MemoryBudget, type ReadOptions } from '../storage/read-options.js';

const NEWLINE = 0x0a;
/** A longer line is no text but an attempt to fill the memory, or binary data. */
const MAX_LINE_BYTES = 256 * 2 ** 20;

/** A text file, plain or gzip, that is read in blocks of whole lines. */
export class TextFile {
  /** Counts memory taken for values. */
  readonly budget: MemoryBudget;
  /** Lets the event loop run between blocks. */
  readonly pacer: Pacer;

  constructor(
    private readonly source: ByteSource,
    options: ReadOptions = {},
  ) {
    this.budget = new MemoryBudget(source.name, options.memoryBudget);
    this.pacer = new Pacer(options.signal);
  }

  /** Path or other name, for messages. */
  get name(): string {
    return this.source.name;
  }

  /**
   * Whole lines in blocks: each ends behind a line break, except the last of a file without one.
   *
   * @throws FormatError if compressed data are damaged, or a line is beyond all measure
   */
  async *lineBlocks(): AsyncGenerator<Uint8Array, void, undefined> {
    let rest: Uint8Array[] = [];
    let restLength = 0;
    for await (const block of contentBlocks(this.source, this.budget, this.pacer)) {
      const end = block.lastIndexOf(NEWLINE) + 1;
      if (end > 0) {
        yield joinBytes([...rest, block.subarray(0, end)]);
        rest = [];
        restLength = 0;
      }
      if (end === block.length) continue;
      rest.push(block.slice(end));
      restLength += block.length - end;
      if (restLength > Math.min(MAX_LINE_BYTES, this.budget.limit)) {
        throw new FormatError(`${this.name} has a line that is too long to be text`, {
          got: `more than ${restLength} bytes`,
          expected: 'a text file',
        });
      }
    }
    if (restLength > 0) yield joinBytes(rest);
  }

  /**
   * Lines without their breaks, as text; a byte order mark is dropped.
   *
   * @throws FormatError as {@link TextFile.lineBlocks}, or if a line is not UTF-8
   */
  async *lines(): AsyncGenerator<readonly string[], void, undefined> {
    const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    let line = 1;
    for await (const block of this.lineBlocks()) {
      let text: string;
      try {
        text = decoder.decode(block);
      } catch {
        throw this.invalid(line, 'or a line soon after it is not UTF-8 text', {
          remedy: 'Check that the right file was named, and save it as UTF-8.',
        });
      }
      if (line === 1 && text.startsWith('\uFEFF')) text = text.slice(1);
      const lines = text.split('\n');
      if (lines.at(-1) === '') lines.pop();
      line += lines.length;
      yield lines.map((each) => (each.endsWith('\r') ? each.slice(0, -1) : each));
    }
  }

  /** A FormatError about a line, counted from 1. */
  invalid(line: number, what: string, detail: ErrorDetail = {}): FormatError {
    return new FormatError(`${this.name}: line ${line} ${what}`, detail);
  }
}

/** A piece of a file for a message: quoted, cut off where it is long. */
export function excerpt(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 57)}...` : text);
}

function joinBytes(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0]!;
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let filled = 0;
  for (const part of parts) {
    joined.set(part, filled);
    filled += part.length;
  }
  return joined;
}
