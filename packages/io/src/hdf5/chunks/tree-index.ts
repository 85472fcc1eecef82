import type { Pacer } from '@dance-ts/core';
import type { ByteSource } from '../../storage/byte-storage.js';
import { MAX_DEPTH, type RawFile } from '../object-header.js';
import type { ChunkTable } from './chunk-table.js';
import { readStructure } from './cursor.js';

const SIGNATURE = 'TREE';
const HEAD_BYTES = 24;
const CHUNKS = 1;

/** A node that is still to be read, and what its parent says of it. */
interface Pending {
  readonly address: number | undefined;
  readonly level: number | undefined;
}

/**
 * Collects the chunks that a version-1 B-tree lists.
 *
 * Source: HDF5 File Format Specification 3.0, III.A.1.
 *
 * @param root - position of its root
 * @throws Error if the tree is damaged
 */
export async function readTreeIndex(
  raw: RawFile<ByteSource>,
  root: number,
  table: ChunkTable,
  pacer: Pacer,
): Promise<void> {
  const seen = new Set<number>();
  const pending: Pending[] = [{ address: root, level: undefined }];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    await pacer.tick();
    const { address = -1 } = node;
    if (seen.has(address)) throw new Error('the tree of its chunks has a loop');
    seen.add(address);
    pending.push(...readNode(raw, node, table));
  }
}

/** Adds the chunks of a leaf to the table; children of another node are handed back. */
function readNode(raw: RawFile<ByteSource>, node: Pending, table: ChunkTable): Pending[] {
  const head = readStructure(raw, node.address, HEAD_BYTES, SIGNATURE);
  const type = head.uint(1);
  const level = head.uint(1);
  const count = head.uint(2);
  const isExpected = level === (node.level ?? level) && level <= MAX_DEPTH;
  if (type !== CHUNKS || !isExpected) throw new Error('the tree of its chunks is damaged');
  const rank = table.grid.shape.length;
  const entryBytes = 8 + 8 * (rank + 1) + 8;
  const entries = readStructure(raw, node.address, HEAD_BYTES + count * entryBytes, SIGNATURE);
  entries.skip(HEAD_BYTES - SIGNATURE.length);
  const children: Pending[] = [];
  let last = -1;
  for (let i = 0; i < count; i++) {
    const [size, mask] = [entries.uint(4), entries.uint(4)];
    const offset = Array.from({ length: rank }, () => entries.uint(8));
    if (entries.uint(8) !== 0) throw new Error('the tree of its chunks is damaged');
    const address = entries.address();
    const number = table.grid.numberAt(offset);
    if (number <= last) throw new Error('the tree of its chunks is not in order');
    last = number;
    if (level > 0) children.push({ address, level: level - 1 });
    else table.add({ number, address: address ?? -1, size, mask });
  }
  return children;
}
