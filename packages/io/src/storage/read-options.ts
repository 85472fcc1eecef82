import { FormatError } from '@dance-ts/core';

/** How a file is opened for reading. */
export interface ReadOptions {
  /** Most bytes that may be taken for values of this file; default 4 GiB. */
  readonly memoryBudget?: number | undefined;
  /** Stops reading when it fires. */
  readonly signal?: AbortSignal | undefined;
}

/** Bytes that values of one file may take, unless said otherwise. */
export const DEFAULT_MEMORY_BUDGET = 4 * 2 ** 30;

/** Counts the memory that the values of one file take, before it is taken. */
export class MemoryBudget {
  private claimed = 0;

  /**
   * @param name - the file, for messages
   * @param limit - bytes in all
   */
  constructor(
    readonly name: string,
    readonly limit: number = DEFAULT_MEMORY_BUDGET,
  ) {}

  /**
   * Counts memory that is about to be taken.
   *
   * @throws FormatError if it exceeds the budget
   */
  claim(bytes: number, element: string): void {
    this.claimed += bytes;
    if (this.claimed <= this.limit) return;
    throw new FormatError(`${this.name}: ${element} is larger than the memory budget`, {
      got: `${this.claimed} bytes in all`,
      expected: `at most ${this.limit}`,
      remedy: 'Raise memoryBudget if the file is trusted, or read fewer layers.',
    });
  }
}
