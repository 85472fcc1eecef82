import type { Pacer } from '@dance-ts/core';
import type { ByteSource } from '../../storage/byte-storage.js';
import { MAX_DEPTH, type RawFile } from '../object-header.js';
import type { ChunkTable } from './chunk-table.js';
import { readStructure, type Cursor } from './cursor.js';

const SIGNATURE = 'TREE';
const HEAD_BYTES = 24;
const CHUNKS = 1;

/** A node that is still to be read, and the level that its parent says it has. */
interface Pending {
  readonly address: number | undefined;
  readonly level: number | undefined;
}

/** What a tree says of a chunk; beside that it has a key behind its last chunk. */
interface Key {
  readonly size: number;
  readonly mask: number;
  /** Its first element, and the place in that: 0 for a chunk. */
  readonly offset: readonly number[];
}

/**
 * Collects the chunks that a version-1 B-tree lists.
 *
 * No checksum guards such a tree, so its order is looked at: the last key of each leaf is the first
 * key of the next one, and that of the last leaf is the key of no chunk. Where chunks were lost
 * because a number of chunks changed, this does not hold any more.
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
  let following: Key | undefined;
  // The last child is read first, so that the leaves come in falling order.
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    await pacer.tick();
    const { address = -1 } = node;
    if (seen.has(address)) throw new Error('the tree of its chunks has a loop');
    seen.add(address);
    const { level, keys, children } = readNode(raw, node, table.grid.shape.length);
    assertOrder(keys, table);
    if (level > 0) {
      pending.push(...children.map((child) => ({ address: child, level: level - 1 })));
    } else if (children.length > 0) {
      assertNext(keys[children.length]!, following);
      following = keys[0];
      children.forEach((child = -1, i) => {
        const { size, mask, offset } = keys[i]!;
        table.add({ number: table.grid.numberAt(offset), address: child, size, mask });
      });
    }
  }
}

/** Children of a node, and the keys between which they stand: one more. */
function readNode(
  raw: RawFile<ByteSource>,
  node: Pending,
  rank: number,
): {
  readonly level: number;
  readonly keys: readonly Key[];
  readonly children: readonly (number | undefined)[];
} {
  const head = readStructure(raw, node.address, HEAD_BYTES, SIGNATURE);
  const type = head.uint(1);
  const level = head.uint(1);
  const count = head.uint(2);
  const isExpected = level === (node.level ?? level) && level <= MAX_DEPTH;
  if (type !== CHUNKS || !isExpected) throw damaged();
  const keyBytes = 8 + 8 * (rank + 1);
  const length = HEAD_BYTES + count * (keyBytes + 8) + keyBytes;
  const entries = readStructure(raw, node.address, length, SIGNATURE);
  entries.skip(HEAD_BYTES - SIGNATURE.length);
  const keys = [readKey(entries, rank)];
  const children: (number | undefined)[] = [];
  for (let i = 0; i < count; i++) {
    children.push(entries.address());
    keys.push(readKey(entries, rank));
  }
  return { level, keys, children };
}

function readKey(entries: Cursor, rank: number): Key {
  const [size, mask] = [entries.uint(4), entries.uint(4)];
  return { size, mask, offset: Array.from({ length: rank + 1 }, () => entries.uint(8)) };
}

/** All but the last key of a node belong to chunks in rising order. */
function assertOrder(keys: readonly Key[], { grid }: ChunkTable): void {
  let last = -1;
  for (const { offset } of keys.slice(0, -1)) {
    if (offset.at(-1) !== 0) throw damaged();
    const number = grid.numberAt(offset);
    if (number <= last) throw new Error('the tree of its chunks is not in order');
    last = number;
  }
}

/** @param following - the first key of the next leaf; undefined for the last leaf */
function assertNext({ offset }: Key, following: Key | undefined): void {
  const isNext =
    following === undefined
      ? offset.at(-1) !== 0
      : offset.every((start, d) => start === following.offset[d]);
  if (!isNext) throw new Error('the tree of its chunks lacks some of them');
}

function damaged(): Error {
  return new Error('the tree of its chunks is damaged');
}
