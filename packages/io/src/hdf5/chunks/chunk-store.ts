import type { Pacer } from '@dance-ts/core';
import type { ByteSource } from '../../storage/byte-storage.js';
import { product } from '../decode.js';
import type { RawFile } from '../object-header.js';
import { ChunkGrid } from './chunk-grid.js';
import { readChunkIndex } from './chunk-index.js';
import type { ChunkRecord } from './chunk-table.js';
import { bytesInside } from './cursor.js';
import { undoFilters } from './filters.js';
import type { ChunkLayout } from './layout.js';

/** Values of a dataset whose chunks are read and unpacked here. */
export class ChunkStore {
  private readonly grid: ChunkGrid;
  /** The chunk that was unpacked last: neighboring rows mostly lie in the same one. */
  private last: { readonly number: number; readonly values: Uint8Array } | undefined;

  private constructor(
    private readonly raw: RawFile<ByteSource>,
    private readonly layout: ChunkLayout,
    private readonly records: readonly ChunkRecord[],
  ) {
    this.grid = new ChunkGrid(layout.shape, layout.chunk);
  }

  /**
   * Finds all chunks of a dataset.
   *
   * @param claim - refuses before memory is taken
   * @throws Error if what the file says of them cannot be true
   */
  static async open(
    raw: RawFile<ByteSource>,
    layout: ChunkLayout,
    claim: (bytes: number) => void,
    pacer: Pacer,
  ): Promise<ChunkStore> {
    claim(product(layout.chunk) * layout.valueSize);
    return new ChunkStore(raw, layout, await readChunkIndex(raw, layout, claim, pacer));
  }

  /**
   * Raw values of rows, row-major, in the form they have in the file.
   *
   * @throws Error if a chunk is damaged
   */
  readRows(start: number, nRows: number): Uint8Array {
    const { shape, chunk, valueSize, fill } = this.layout;
    const values = new Uint8Array(nRows * product(shape.slice(1)) * valueSize);
    if (fill?.some((byte) => byte !== 0) === true) {
      for (let at = 0; at < values.length; at += valueSize) values.set(fill, at);
    }
    const { perRow } = this.grid;
    const firstChunk = Math.floor(start / chunk[0]!) * perRow;
    const endChunk = Math.ceil((start + nRows) / chunk[0]!) * perRow;
    for (let i = this.firstFrom(firstChunk); i < this.records.length; i++) {
      const record = this.records[i]!;
      if (record.number >= endChunk) break;
      this.copyChunk(record, values, start, nRows);
    }
    return values;
  }

  /** Copies what a chunk holds of the rows. */
  private copyChunk(record: ChunkRecord, rows: Uint8Array, start: number, nRows: number): void {
    const { shape, chunk, valueSize } = this.layout;
    const source = this.unpack(record);
    const offset = this.grid.offsetOf(record.number);
    const lastDimension = shape.length - 1;
    /** @param from, to - values before dimension `d` in the chunk and in the rows */
    const copy = (d: number, from: number, to: number): void => {
      const origin = d === 0 ? start : 0;
      const size = d === 0 ? nRows : shape[d]!;
      const first = Math.max(offset[d]!, origin);
      const end = Math.min(offset[d]! + chunk[d]!, origin + size);
      if (d === lastDimension) {
        const at = (from * chunk[d]! + first - offset[d]!) * valueSize;
        const run = source.subarray(at, at + (end - first) * valueSize);
        rows.set(run, (to * size + first - origin) * valueSize);
        return;
      }
      for (let place = first; place < end; place++) {
        copy(d + 1, from * chunk[d]! + place - offset[d]!, to * size + place - origin);
      }
    };
    copy(0, 0, 0);
  }

  private unpack({ number, address, size, mask }: ChunkRecord): Uint8Array {
    if (this.last?.number === number) return this.last.values;
    const { layout, grid } = this;
    const offset = grid.offsetOf(number);
    const isPlain = !layout.filtersPartialChunks && grid.isPartial(offset);
    const stored = bytesInside(this.raw, address, size);
    try {
      const length = product(layout.chunk) * layout.valueSize;
      const values = undoFilters(stored, isPlain ? [] : layout.filters, isPlain ? 0 : mask, length);
      this.last = { number, values };
      return values;
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new Error(`of its chunk at [${offset.join(', ')}]: ${reason}`, { cause });
    }
  }

  /** Place of the first record of a chunk with this number or a higher one. */
  private firstFrom(number: number): number {
    let [low, high] = [0, this.records.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.records[middle]!.number < number) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
