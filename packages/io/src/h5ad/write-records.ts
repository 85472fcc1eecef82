import { columnLength, columnValue, type Column, type Table } from '@dance-ts/core';
import type { H5Writer } from '../hdf5/h5-writer.js';
import { fixedText, storedType, type StoredType } from '../hdf5/stored-type.js';
import { storedValues } from './write-column.js';
import { writeEncoding } from './write-matrix.js';

/** One member of all records, ready to be stored. */
interface PackedMember {
  readonly type: StoredType;
  /** Values one after the other, `type.size` bytes each. */
  readonly bytes: Uint8Array;
}

/**
 * Writes a table as a `rec-array` element: the form in which scanpy keeps ranked genes, and the one
 * whose column names may hold any character. Row names are not kept.
 */
export async function writeRecords(writer: H5Writer, path: string, table: Table): Promise<void> {
  const members: { name: string; offset: number; type: StoredType; bytes: Uint8Array }[] = [];
  let rowSize = 0;
  for (const [name, column] of table.entries()) {
    const packed = packColumn(column);
    members.push({ name, offset: rowSize, ...packed });
    rowSize += packed.type.size;
  }
  const rows = new Uint8Array(rowSize * table.nRows);
  for (const { offset, type, bytes } of members) {
    for (let i = 0; i < table.nRows; i++) {
      rows.set(bytes.subarray(i * type.size, (i + 1) * type.size), i * rowSize + offset);
    }
  }
  await writer.writeCompound(path, rows, table.nRows, members);
  writeEncoding(writer, path, 'rec-array', '0.2.0');
}

function packColumn(column: Column): PackedMember {
  if (column.kind === 'numeric') {
    const values = storedValues(column);
    const { buffer, byteOffset, byteLength } = values;
    return {
      type: storedType(values),
      bytes: new Uint8Array(buffer, byteOffset, byteLength),
    };
  }
  if (column.kind === 'boolean') return { type: storedType(column.values), bytes: column.values };
  const encoder = new TextEncoder();
  const texts = Array.from({ length: columnLength(column) }, (_, i) =>
    encoder.encode(String(columnValue(column, i) ?? '')),
  );
  const size = texts.reduce((longest, text) => Math.max(longest, text.length), 1);
  const bytes = new Uint8Array(size * texts.length);
  texts.forEach((text, i) => {
    bytes.set(text, i * size);
  });
  return {
    type: fixedText(
      size,
      bytes.every((byte) => byte < 0x80),
    ),
    bytes,
  };
}
