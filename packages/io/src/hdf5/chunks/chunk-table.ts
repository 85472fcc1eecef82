import type { ChunkGrid } from './chunk-grid.js';

/** Where a chunk lies in the file. */
export interface ChunkRecord {
  /** Number of the chunk in its grid. */
  readonly number: number;
  /** Position in the storage. */
  readonly address: number;
  /** Bytes in the file. */
  readonly size: number;
  /** Bit i says that filter i was not applied. */
  readonly mask: number;
}

/** What a record costs in memory. */
const RECORD_BYTES = 64;

/** Collects the chunks of a dataset and checks that they can be true. */
export class ChunkTable {
  private readonly records: ChunkRecord[] = [];

  /**
   * @param start - position in the storage before which there are no chunks
   * @param end - the size of the storage
   * @param claim - refuses before memory is taken
   */
  constructor(
    readonly grid: ChunkGrid,
    private readonly start: number,
    private readonly end: number,
    private readonly claim: (bytes: number) => void,
  ) {}

  /**
   * Adds a chunk.
   *
   * @throws Error if it lies outside of the file, or there are more chunks than there can be
   */
  add(record: ChunkRecord): void {
    const { address, size } = record;
    if (size === 0 || address < this.start || address + size > this.end) {
      throw new Error(`${size} bytes of a chunk are said to lie at byte ${address} of the file`);
    }
    if (this.records.length >= this.grid.length) throw new Error('it lists a chunk twice');
    this.claim(RECORD_BYTES);
    this.records.push(record);
  }

  /**
   * All chunks in rising order.
   *
   * @throws Error if two have the same number or share bytes of the file
   */
  finish(): readonly ChunkRecord[] {
    const { records } = this;
    records.sort((a, b) => a.address - b.address);
    for (let i = 1; i < records.length; i++) {
      const before = records[i - 1]!;
      if (before.address + before.size > records[i]!.address) {
        throw new Error(`two of its chunks lie at byte ${records[i]!.address} of the file`);
      }
    }
    records.sort((a, b) => a.number - b.number);
    for (let i = 1; i < records.length; i++) {
      if (records[i - 1]!.number === records[i]!.number) throw new Error('it lists a chunk twice');
    }
    return records;
  }
}
