import { FormatError } from '@dance-ts/core';
import { product } from '../hdf5/decode.js';
import { decodeChunk } from './zarr-codecs.js';
import type { ArrayLayout, ShardLayout } from './zarr-layout.js';
import type { ZarrStore } from './zarr-store.js';

/** Bytes of the place of a chunk in the index of a shard: its start and its length. */
const INDEX_ENTRY_BYTES = 16;
const CRC32C_BYTES = 4;
/** A start of all ones stands for a chunk that is not there. */
const ABSENT = 0xffffffff;

/** Gives the chunks of one array, one after the other; keeps the last shard. */
export class ChunkReader {
  private shard: { readonly file: string; readonly bytes: Uint8Array | undefined } | undefined;

  /**
   * @param path - of the array in the store, without leading slash
   * @param where - file and element, for messages
   */
  constructor(
    private readonly store: ZarrStore,
    private readonly path: string,
    private readonly layout: ArrayLayout,
    private readonly where: string,
  ) {}

  /**
   * Content of a chunk, decompressed; undefined where it was not written.
   *
   * @param limit - most bytes it may have
   * @throws FormatError if it is damaged
   */
  async read(position: readonly number[], limit: number): Promise<Uint8Array | undefined> {
    const { codecs, shards } = this.layout;
    const stored = await (shards === undefined
      ? this.store.read(this.fileOf(position))
      : this.readFromShard(position, shards));
    if (stored === undefined) return undefined;
    return decodeChunk(stored, codecs, `${this.where}, chunk ${position.join('.')},`, limit);
  }

  private async readFromShard(
    position: readonly number[],
    shards: ShardLayout,
  ): Promise<Uint8Array | undefined> {
    const file = this.fileOf(position.map((place, k) => Math.floor(place / shards.chunks[k]!)));
    if (this.shard?.file !== file) this.shard = { file, bytes: await this.store.read(file) };
    const { bytes } = this.shard;
    if (bytes === undefined) return undefined;
    const index = await this.shardIndex(bytes, shards, file);
    const number = position.reduce(
      (total, place, k) => total * shards.chunks[k]! + (place % shards.chunks[k]!),
      0,
    );
    const at = number * INDEX_ENTRY_BYTES;
    const low = index.getUint32(at, true);
    const high = index.getUint32(at + 4, true);
    if (low === ABSENT && high === ABSENT) return undefined;
    const start = low + high * 2 ** 32;
    const length = index.getUint32(at + 8, true) + index.getUint32(at + 12, true) * 2 ** 32;
    if (start + length > bytes.length) throw this.badShard(file, 'a chunk lies beyond its end');
    return bytes.subarray(start, start + length);
  }

  private async shardIndex(
    bytes: Uint8Array,
    { chunks, indexCodecs, indexAtStart }: ShardLayout,
    file: string,
  ): Promise<DataView> {
    const names = indexCodecs.map(({ name }) => name).join(' ');
    const isChecked = names === 'bytes crc32c';
    if ((!isChecked && names !== 'bytes') || indexCodecs[0]?.settings['endian'] === 'big') {
      throw this.badShard(file, `its index is encoded with ${names}`);
    }
    const content = INDEX_ENTRY_BYTES * product(chunks);
    const size = content + (isChecked ? CRC32C_BYTES : 0);
    if (size > bytes.length) throw this.badShard(file, 'it is cut short');
    const stored = indexAtStart ? bytes.subarray(0, size) : bytes.subarray(bytes.length - size);
    const index = await decodeChunk(
      stored,
      indexCodecs.slice(1),
      `${this.where}, index of ${file},`,
      content,
    );
    return new DataView(index.buffer, index.byteOffset, index.byteLength);
  }

  private fileOf(position: readonly number[]): string {
    const name = this.layout.fileOf(position);
    return this.path === '' ? name : `${this.path}/${name}`;
  }

  private badShard(file: string, reason: string): FormatError {
    return new FormatError(`${this.where} has a damaged shard ${file} (${reason})`, {
      remedy: 'The file seems to be damaged: get it again or restore it from a copy.',
    });
  }
}
