import { Pacer } from '@dance-ts/core';

/** Characters that are gathered before they are encoded. */
const BLOCK_CHARACTERS = 2 ** 18;

/** Options of the writers of text files. */
export interface TextWriteOptions {
  /** True to compress the files with gzip. */
  readonly gzip?: boolean | undefined;
  /** Stops writing when it fires. */
  readonly signal?: AbortSignal | undefined;
}

/** Lines as the bytes of a text file, each followed by a line break. */
export async function encodeLines(
  lines: Iterable<string>,
  { gzip = false, signal }: TextWriteOptions,
): Promise<Uint8Array> {
  const plain = new Blob(await encodedBlocks(lines, new Pacer(signal)));
  if (!gzip) return new Uint8Array(await plain.arrayBuffer());
  const packed = plain.stream().pipeThrough(new CompressionStream('gzip'));
  return new Uint8Array(await new Response(packed).arrayBuffer());
}

async function encodedBlocks(
  lines: Iterable<string>,
  pacer: Pacer,
): Promise<Uint8Array<ArrayBuffer>[]> {
  const encoder = new TextEncoder();
  const blocks: Uint8Array<ArrayBuffer>[] = [];
  let text = '';
  for (const line of lines) {
    text += `${line}\n`;
    if (text.length < BLOCK_CHARACTERS) continue;
    blocks.push(encoder.encode(text));
    text = '';
    await pacer.tick();
  }
  blocks.push(encoder.encode(text));
  return blocks;
}
