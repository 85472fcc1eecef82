import { DanceError, errorMessage, FormatError } from '@dance-ts/core';

/** Forms in which compressed bytes come: with the marks of gzip, those of zlib, or none. */
export type Inflatable = 'gzip' | 'deflate' | 'deflate-raw';

/**
 * Decompresses bytes of which the size is known, or at least limited.
 *
 * @param name - of the element, for messages
 * @param limit - most bytes the content may have
 * @throws FormatError if they are damaged, or there are more
 */
export async function inflate(
  bytes: Uint8Array,
  form: Inflatable,
  name: string,
  limit: number,
): Promise<Uint8Array> {
  const packed = new Blob([bytes]).stream();
  const stream: ReadableStream<Uint8Array> = packed.pipeThrough(new DecompressionStream(form));
  const reader = stream.getReader();
  const blocks: Uint8Array[] = [];
  let length = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      length += value.length;
      if (length > limit) throw tooLarge(name, limit);
      blocks.push(value);
    }
  } catch (error) {
    if (error instanceof DanceError) throw error;
    throw new FormatError(`${name} cannot be decompressed (${errorMessage(error)})`, {
      remedy: 'The file seems to be damaged: get it again or restore it from a copy.',
      cause: error,
    });
  } finally {
    await reader.cancel().catch(() => undefined);
  }
  const content = new Uint8Array(length);
  let at = 0;
  for (const block of blocks) {
    content.set(block, at);
    at += block.length;
  }
  return content;
}

/** The error of content that is larger than it claimed. */
export function tooLarge(name: string, limit: number): FormatError {
  return new FormatError(`${name} is larger than it should be when unpacked`, {
    got: `more than ${limit} bytes`,
    expected: `at most ${limit}`,
    remedy: 'The file seems to be damaged: get it again or restore it from a copy.',
  });
}
