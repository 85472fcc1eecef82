import type { Pacer } from '@dance-ts/core';
import type { ByteSource } from '../../storage/byte-storage.js';
import { product } from '../decode.js';
import type { RawFile } from '../object-header.js';
import { readFixedArray, type VisitEntry } from './array-index.js';
import { ChunkGrid } from './chunk-grid.js';
import { ChunkTable, type ChunkRecord } from './chunk-table.js';
import { readExtensibleArray } from './extensible-index.js';
import type { ChunkLayout } from './layout.js';
import { readTreeIndex } from './tree-index.js';

/**
 * All chunks of a dataset that exist, in rising order.
 *
 * @param claim - refuses before memory is taken
 * @throws Error if what the file says of them cannot be true
 */
export async function readChunkIndex(
  raw: RawFile<ByteSource>,
  layout: ChunkLayout,
  claim: (bytes: number) => void,
  pacer: Pacer,
): Promise<readonly ChunkRecord[]> {
  const { index, shape, chunk } = layout;
  const table = new ChunkTable(new ChunkGrid(shape, chunk), raw.base, raw.storage.size, claim);
  // Without an index no chunk was ever written.
  if (index.address === undefined) return [];
  switch (index.kind) {
    case 'tree':
      await readTreeIndex(raw, index.address, table, pacer);
      break;
    case 'single':
      if (table.grid.length > 1) throw new Error('it has several chunks and an index for one');
      entryVisitor(layout, table)(0, index);
      break;
    case 'fixed array': {
      const length = product(maxCounts(layout));
      readFixedArray(raw, index.address, length, entryVisitor(layout, table));
      break;
    }
    case 'extensible array':
      await readExtensibleArray(raw, index.address, entryVisitor(layout, table), pacer);
      break;
  }
  return table.finish();
}

/**
 * Puts the entries of an array into the table. Their places are numbered by what the dimensions can
 * grow to, and the one that can grow without limit counts as the slowest.
 */
function entryVisitor(layout: ChunkLayout, table: ChunkTable): VisitEntry {
  const counts = maxCounts(layout);
  const growing = counts.indexOf(Infinity);
  const order = [...counts.keys()].sort((a, b) => Number(b === growing) - Number(a === growing));
  return (place, { address, size, mask }) => {
    if (address === undefined) return;
    const offset = new Array<number>(counts.length);
    let rest = place;
    for (const d of [...order].reverse()) {
      const step = counts[d] === Infinity ? rest : rest % counts[d]!;
      offset[d] = step * layout.chunk[d]!;
      rest = counts[d] === Infinity ? 0 : Math.floor(rest / counts[d]!);
    }
    table.add({ number: table.grid.numberAt(offset), address, size, mask });
  };
}

function maxCounts({ maxShape, chunk }: ChunkLayout): number[] {
  return maxShape.map((size, d) => Math.ceil(size / chunk[d]!));
}
