import { product } from '../decode.js';

/** The chunks of a dataset, numbered row-major: the last dimension varies fastest. */
export class ChunkGrid {
  /** Chunks along each dimension. */
  readonly counts: readonly number[];
  /** Number of chunks. */
  readonly length: number;

  constructor(
    readonly shape: readonly number[],
    /** Sizes of a chunk. */
    readonly chunk: readonly number[],
  ) {
    this.counts = shape.map((size, d) => Math.ceil(size / chunk[d]!));
    this.length = product(this.counts);
    if (!Number.isSafeInteger(this.length)) throw new Error('it has too many chunks');
  }

  /** Chunks in one row of chunks. */
  get perRow(): number {
    return product(this.counts.slice(1));
  }

  /**
   * Number of the chunk that begins at an element.
   *
   * @param offset - its place in each dimension; what follows those is not looked at
   * @throws Error if none does
   */
  numberAt(offset: readonly number[]): number {
    let number = 0;
    for (let d = 0; d < this.counts.length; d++) {
      const place = offset[d]! / this.chunk[d]!;
      if (!Number.isInteger(place) || place >= this.counts[d]!) {
        const shown = offset.slice(0, this.counts.length).join(', ');
        throw new Error(`it has a chunk at [${shown}], where none can be`);
      }
      number = number * this.counts[d]! + place;
    }
    return number;
  }

  /** First element of a chunk in each dimension. */
  offsetOf(number: number): number[] {
    const offset = new Array<number>(this.counts.length);
    let rest = number;
    for (let d = this.counts.length - 1; d >= 0; d--) {
      offset[d] = (rest % this.counts[d]!) * this.chunk[d]!;
      rest = Math.floor(rest / this.counts[d]!);
    }
    return offset;
  }

  /** True if a chunk that begins there reaches over the end of a dimension. */
  isPartial(offset: readonly number[]): boolean {
    return offset.some((start, d) => start + this.chunk[d]! > this.shape[d]!);
  }
}
