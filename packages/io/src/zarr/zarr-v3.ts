import { FormatError } from '@dance-ts/core';
import type { Member, ValueType } from '../hdf5/h5-type.js';
import {
  asObject,
  asSizes,
  range,
  type ArrayLayout,
  type CodecSpec,
  type ShardLayout,
} from './zarr-layout.js';

/** Codecs that make bytes of values; the rest of the list works on bytes. */
const SERIALIZERS = ['bytes', 'vlen-utf8', 'sharding_indexed'];
const NUMBERS = /^(?:(?:u?int)(?:8|16|32|64)|float(?:32|64))$/;

/**
 * What the `zarr.json` of an array says.
 *
 * @param where - file and element, for messages
 * @throws FormatError if it is not what version 3 of Zarr prescribes
 */
export function parseArrayV3(json: unknown, where: string): ArrayLayout {
  const metadata = asObject(json);
  const shape = asSizes(metadata['shape']);
  const grid = asObject(metadata['chunk_grid']);
  const outer = asSizes(asObject(grid['configuration'])['chunk_shape']);
  const codecs = codecList(metadata['codecs']);
  const [serializer, ...others] = codecs.filter(({ name }) => SERIALIZERS.includes(name));
  const isValid =
    grid['name'] === 'regular' &&
    shape !== undefined &&
    outer?.length === shape.length &&
    outer.every((size) => size > 0) &&
    serializer !== undefined &&
    others.length === 0;
  if (!isValid) {
    throw new FormatError(`${where} has no valid zarr.json`, {
      got: JSON.stringify({ ...metadata, attributes: undefined }).slice(0, 160),
      expected: 'a shape, a regular chunk grid of as many dimensions, and codecs with "bytes"',
    });
  }
  const shape0 = { shape, type: typeV3(metadata['data_type']), fill: metadata['fill_value'] };
  const fileOf = fileNames(asObject(metadata['chunk_key_encoding']));
  if (serializer.name === 'sharding_indexed') {
    const inside = shardedCodecs(serializer, outer, where);
    return { ...shape0, fileOf, ...chunkCodecs(inside.codecs, shape.length), ...inside.layout };
  }
  return {
    ...shape0,
    fileOf,
    ...chunkCodecs(codecs, shape.length),
    chunkShape: outer,
    shards: undefined,
  };
}

/** What the codecs of a chunk say: order of the dimensions, byte order, compression. */
function chunkCodecs(
  codecs: readonly CodecSpec[],
  nDimensions: number,
): Pick<ArrayLayout, 'order' | 'bigEndian' | 'codecs'> {
  const at = codecs.findIndex(({ name }) => SERIALIZERS.includes(name));
  let order = range(nDimensions);
  const unknown: CodecSpec[] = [];
  for (const codec of codecs.slice(0, at)) {
    const axes = asSizes(codec.settings['order']);
    if (codec.name === 'transpose' && axes?.length === nDimensions) {
      order = axes.map((axis) => order[axis] ?? -1);
    } else {
      unknown.push(codec);
    }
  }
  return {
    order,
    bigEndian: codecs[at]?.settings['endian'] === 'big',
    codecs: [...unknown, ...codecs.slice(at + 1)],
  };
}

function shardedCodecs(
  sharding: CodecSpec,
  shardShape: readonly number[],
  where: string,
): {
  readonly codecs: readonly CodecSpec[];
  readonly layout: { readonly chunkShape: readonly number[]; readonly shards: ShardLayout };
} {
  const { settings } = sharding;
  const chunkShape = asSizes(settings['chunk_shape']);
  const codecs = codecList(settings['codecs']);
  const fits =
    chunkShape?.length === shardShape.length &&
    chunkShape.every((size, axis) => size > 0 && shardShape[axis]! % size === 0) &&
    codecs.some(({ name }) => name === 'bytes' || name === 'vlen-utf8');
  if (!fits) {
    throw new FormatError(`${where} has no valid shards`, {
      got: JSON.stringify(settings).slice(0, 160),
      expected: 'chunks that divide the shard, with codecs of their own',
    });
  }
  return {
    codecs,
    layout: {
      chunkShape,
      shards: {
        chunks: shardShape.map((size, axis) => size / chunkShape[axis]!),
        indexCodecs: codecList(settings['index_codecs']),
        indexAtStart: settings['index_location'] === 'start',
      },
    },
  };
}

function codecList(value: unknown): CodecSpec[] {
  if (!Array.isArray(value)) return [];
  return value.map((each: unknown) => {
    const { name, configuration } = asObject(each);
    const plain = typeof each === 'string' ? each : name;
    return { name: String(plain), settings: asObject(configuration) };
  });
}

/** `c/1/2` by default; version 2's `1.2` is allowed as well. */
function fileNames(encoding: Readonly<Record<string, unknown>>): ArrayLayout['fileOf'] {
  const isV2 = encoding['name'] === 'v2';
  const given = asObject(encoding['configuration'])['separator'];
  const separator = given === '/' || given === '.' ? given : isV2 ? '.' : '/';
  if (isV2) return (position) => (position.length === 0 ? '0' : position.join(separator));
  return (position) => ['c', ...position].join(separator);
}

function typeV3(type: unknown): ValueType {
  const object = asObject(type);
  const name = String(typeof type === 'string' ? type : object['name']);
  const settings = asObject(object['configuration']);
  if (name === 'bool') return { kind: 'boolean', size: 1 };
  if (NUMBERS.test(name)) {
    const size = Number(/\d+$/.exec(name)?.[0]) / 8;
    return { kind: 'number', size, dtype: name as 'int8' };
  }
  if (name === 'string' || name === 'variable_length_utf8') {
    return { kind: 'string', size: 0, variable: true };
  }
  const bytes = Number(settings['length_bytes']);
  if (name === 'fixed_length_utf32' && Number.isSafeInteger(bytes) && bytes % 4 === 0) {
    return { kind: 'string', size: bytes, variable: false, utf32: true };
  }
  if (name === 'null_terminated_bytes' && Number.isSafeInteger(bytes)) {
    return { kind: 'string', size: bytes, variable: false };
  }
  const fields = settings['fields'];
  if (/^struct/.test(name) && Array.isArray(fields)) return recordType(fields);
  return { kind: 'unsupported', size: 1, description: `values of type ${name}` };
}

function recordType(fields: readonly unknown[]): ValueType {
  const members: Member[] = [];
  let size = 0;
  for (const field of fields) {
    const { name, data_type: named } = asObject(field);
    const [first, second] = Array.isArray(field) ? (field as unknown[]) : [name, named];
    const type = typeV3(second);
    if (typeof first !== 'string' || type.size === 0 || type.kind === 'unsupported') {
      return { kind: 'unsupported', size: 1, description: 'records of unknown types' };
    }
    members.push({ name: first, offset: size, type });
    size += type.size;
  }
  return { kind: 'compound', size, members };
}
