import { DanceError, errorMessage, FormatError, type Pacer } from '@dance-ts/core';
import { readBytes, type ByteSource } from './byte-storage.js';
import type { MemoryBudget } from './read-options.js';

const BLOCK_BYTES = 2 ** 20;

/** True if the bytes of a file begin as those of gzip do. */
export function isGzip(head: Uint8Array): boolean {
  return head[0] === 0x1f && head[1] === 0x8b;
}

/**
 * Content of a file in blocks, decompressed if it is gzip. The source stays open.
 *
 * @throws FormatError if the compressed data are damaged, or larger than the budget when unpacked
 */
export async function* contentBlocks(
  source: ByteSource,
  budget: MemoryBudget,
  pacer: Pacer,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (isGzip(readBytes(source, 0, 2))) {
    yield* gunzipBlocks(source, budget, pacer);
    return;
  }
  for (let at = 0; at < source.size; at += BLOCK_BYTES) {
    await pacer.tick();
    yield readBytes(source, at, BLOCK_BYTES);
  }
}

async function* gunzipBlocks(
  source: ByteSource,
  budget: MemoryBudget,
  pacer: Pacer,
): AsyncGenerator<Uint8Array, void, undefined> {
  const unpacking = sourceStream(source).pipeThrough(new DecompressionStream('gzip'));
  const reader: ReadableStreamDefaultReader<Uint8Array> = unpacking.getReader();
  let unpacked = 0;
  try {
    for (;;) {
      await pacer.tick();
      const { done, value } = await reader.read();
      if (done) return;
      unpacked += value.length;
      if (unpacked > budget.limit) {
        throw new FormatError(`${source.name} is larger than the memory budget when unpacked`, {
          got: `more than ${budget.limit} bytes`,
          expected: `at most ${budget.limit}`,
          remedy: 'Raise memoryBudget if the file is trusted.',
        });
      }
      yield value;
    }
  } catch (error) {
    if (error instanceof DanceError) throw error;
    throw new FormatError(`${source.name} cannot be decompressed (${errorMessage(error)})`, {
      expected: 'a sound gzip file',
      remedy: 'The file seems to be damaged or cut short: get it again.',
      cause: error,
    });
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

function sourceStream(source: ByteSource): ReadableStream<Uint8Array<ArrayBuffer>> {
  let at = 0;
  return new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull(controller) {
      if (at >= source.size) {
        controller.close();
        return;
      }
      const block = readBytes(source, at, BLOCK_BYTES);
      at += BLOCK_BYTES;
      controller.enqueue(new Uint8Array(block));
    },
  });
}
