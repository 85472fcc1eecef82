import { FormatError } from '@dance-ts/core';
import type { Member, ValueType } from '../hdf5/h5-type.js';
import { asObject, asSizes, range, type ArrayLayout, type CodecSpec } from './zarr-layout.js';

/** Bytes of a character of NumPy's texts. */
const UTF32_BYTES = 4;
const SIZES: Readonly<Record<string, readonly number[]>> = {
  i: [1, 2, 4, 8],
  u: [1, 2, 4, 8],
  f: [4, 8],
};

/**
 * What a `.zarray` file says.
 *
 * @param where - file and element, for messages
 * @throws FormatError if it is not what version 2 of Zarr prescribes
 */
export function parseArrayV2(json: unknown, where: string): ArrayLayout {
  const metadata = asObject(json);
  const shape = asSizes(metadata['shape']);
  const chunks = asSizes(metadata['chunks']);
  if (metadata['zarr_format'] !== 2 || shape === undefined || chunks?.length !== shape.length) {
    throw new FormatError(`${where} has no valid .zarray`, {
      got: JSON.stringify({ ...metadata }).slice(0, 120),
      expected: 'zarr_format 2, a shape and chunks of as many dimensions',
    });
  }
  const filters = codecList(metadata['filters']);
  const type = typeV2(metadata['dtype'], filters);
  const separator = metadata['dimension_separator'] === '/' ? '/' : '.';
  const axes = range(shape.length);
  return {
    shape,
    chunkShape: chunks.map((size) => Math.max(1, size)),
    type,
    bigEndian: typeof metadata['dtype'] === 'string' && metadata['dtype'].startsWith('>'),
    fill: metadata['fill_value'],
    order: metadata['order'] === 'F' ? axes.reverse() : axes,
    codecs: [
      ...filters.filter(({ name }) => name !== 'vlen-utf8'),
      ...codecList(metadata['compressor']),
    ],
    shards: undefined,
    fileOf: (position) => (position.length === 0 ? '0' : position.join(separator)),
  };
}

function codecList(value: unknown): CodecSpec[] {
  const list: unknown[] = Array.isArray(value) ? value : [value];
  return list.flatMap((each) => {
    const { id, ...settings } = asObject(each);
    return typeof id === 'string' ? [{ name: id, settings }] : [];
  });
}

/** Type of the values, from NumPy's name of it; records are lists of named types. */
function typeV2(dtype: unknown, filters: readonly CodecSpec[]): ValueType {
  if (Array.isArray(dtype)) return recordType(dtype);
  if (dtype === '|O' && filters.some(({ name }) => name === 'vlen-utf8')) {
    return { kind: 'string', size: 0, variable: true };
  }
  return plainType(dtype) ?? unsupported(dtype);
}

function plainType(dtype: unknown): ValueType | undefined {
  const parts = typeof dtype === 'string' ? /^[<>|]([biufSU])(\d+)$/.exec(dtype) : null;
  if (parts === null) return undefined;
  const [, code = '', digits = ''] = parts;
  const size = Number(digits);
  if (code === 'b') return size === 1 ? { kind: 'boolean', size } : undefined;
  if (code === 'S') return { kind: 'string', size, variable: false };
  if (code === 'U') {
    return { kind: 'string', size: UTF32_BYTES * size, variable: false, utf32: true };
  }
  if (SIZES[code]?.includes(size) !== true) return undefined;
  const name = { i: 'int', u: 'uint', f: 'float' }[code] ?? '';
  return { kind: 'number', size, dtype: `${name}${8 * size}` as 'int8' };
}

function recordType(fields: readonly unknown[]): ValueType {
  const members: Member[] = [];
  let size = 0;
  for (const field of fields) {
    const [name, dtype, ...rest] = Array.isArray(field) ? (field as unknown[]) : [];
    const type =
      typeof dtype === 'string' && !dtype.startsWith('>') && rest.length === 0
        ? plainType(dtype)
        : undefined;
    if (typeof name !== 'string' || type === undefined) return unsupported(fields);
    members.push({ name, offset: size, type });
    size += type.size;
  }
  return { kind: 'compound', size, members };
}

function unsupported(dtype: unknown): ValueType {
  return { kind: 'unsupported', size: 1, description: `values of type ${JSON.stringify(dtype)}` };
}
