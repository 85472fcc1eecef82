import type { ValueType } from '../hdf5/h5-type.js';

/** A codec by its name, with its settings. */
export interface CodecSpec {
  readonly name: string;
  readonly settings: Readonly<Record<string, unknown>>;
}

/** How the chunks of a shard lie in its file. */
export interface ShardLayout {
  /** Chunks of a shard along each dimension. */
  readonly chunks: readonly number[];
  /** Codecs of the index, as stored. */
  readonly indexCodecs: readonly CodecSpec[];
  readonly indexAtStart: boolean;
}

/** What the metadata of an array say, the same for both versions of Zarr. */
export interface ArrayLayout {
  readonly shape: readonly number[];
  /** Shape of a chunk (of one inside a shard, where there are shards). */
  readonly chunkShape: readonly number[];
  readonly type: ValueType;
  readonly bigEndian: boolean;
  /** The value of chunks that are not there, as JSON has it. */
  readonly fill: unknown;
  /** Dimensions of a stored chunk, the slowest first. */
  readonly order: readonly number[];
  /** How the bytes of a chunk were compressed, the first step first. */
  readonly codecs: readonly CodecSpec[];
  readonly shards: ShardLayout | undefined;
  /** Name of the file of a chunk (or shard) below the folder of the array. */
  readonly fileOf: (position: readonly number[]) => string;
}

/** A settings object of JSON, or an empty one. */
export function asObject(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};
}

/** A list of sizes; undefined for anything else. */
export function asSizes(value: unknown): readonly number[] | undefined {
  const isSizes =
    Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && Number(size) >= 0);
  return isSizes ? (value as number[]) : undefined;
}

/** 0, 1, 2, ... */
export function range(length: number): number[] {
  return Array.from({ length }, (_, i) => i);
}
