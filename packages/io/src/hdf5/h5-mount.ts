import type { ByteSource, ByteStorage } from '../storage/byte-storage.js';
import { isSoundHeap } from './global-heap.js';
import type { H5Module } from './h5-library.js';

/** The parts of Emscripten's file system that a mount needs. */
interface MountFs {
  analyzePath(path: string): { readonly exists: boolean };
  mkdir(path: string): void;
  writeFile(path: string, data: Uint8Array): void;
  unlink(path: string): void;
  lookupPath(path: string): { readonly node: MountNode };
}

interface MountNode {
  stream_ops: StreamOperations;
  node_ops: NodeOperations;
}

interface StreamOperations {
  read: StreamTransfer;
  write: StreamTransfer;
}

/** Moves `length` bytes between `heap[offset]` and the file's `position`. */
type StreamTransfer = (
  stream: unknown,
  heap: Int8Array,
  offset: number,
  length: number,
  position: number,
) => number;

interface NodeOperations {
  setattr: (node: MountNode, attributes: { readonly size?: number }) => void;
}

const FOLDER = '/dance';
let mounts = 0;

/**
 * Makes one byte source a file of the library's virtual file system: reads and writes go to the
 * source range by range, nothing is loaded in advance, and no other file of the host is there.
 *
 * @returns the path of the file, and the function that takes it away again
 */
export function mountBytes(
  module: H5Module,
  source: ByteSource | ByteStorage,
): { readonly path: string; unmount(): void } {
  const fs = module.FS as unknown as MountFs;
  if (!fs.analyzePath(FOLDER).exists) fs.mkdir(FOLDER);
  mounts += 1;
  const path = `${FOLDER}/${mounts}.h5`;
  fs.writeFile(path, new Uint8Array(0));
  const { node } = fs.lookupPath(path);
  Object.defineProperty(node, 'usedBytes', { get: () => source.size });
  node.stream_ops = {
    ...node.stream_ops,
    read: (_stream, heap, offset, length, position) => {
      const target = new Uint8Array(heap.buffer, heap.byteOffset + offset, length);
      const count = source.read(target, position);
      // Nothing was read, as far as the library is told: it refuses the file then.
      return isSoundHeap(target.subarray(0, count)) ? count : 0;
    },
    write: (_stream, heap, offset, length, position) => {
      storageOf(source).write(
        new Uint8Array(heap.buffer, heap.byteOffset + offset, length),
        position,
      );
      return length;
    },
  };
  const { setattr } = node.node_ops;
  node.node_ops = {
    ...node.node_ops,
    setattr: (target, attributes) => {
      if (attributes.size === undefined) setattr(target, attributes);
      else storageOf(source).truncate(attributes.size);
    },
  };
  return {
    path,
    unmount: () => {
      fs.unlink(path);
    },
  };
}

function storageOf(source: ByteSource | ByteStorage): ByteStorage {
  if ('write' in source) return source;
  throw new Error(`${source.name} was opened for reading only`);
}
