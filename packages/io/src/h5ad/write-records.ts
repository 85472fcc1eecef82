import { columnLength, columnValue, type Column, type Table } from '@dance-ts/core';
import type { ElementWriter } from '../storage/element-writer.js';
import {
  fixedText,
  storedType,
  TEXT,
  type StorableArray,
  type StoredType,
} from '../hdf5/stored-type.js';
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
export async function writeRecords(
  writer: ElementWriter,
  path: string,
  table: Table,
): Promise<void> {
  // Python's anndata reads texts of fixed width as ASCII; others have to be of variable length.
  const texts = [...table.entries()].flatMap(([, column]) =>
    isWide(column) ? textsOf(column) : [],
  );
  await writer.withTexts(path, texts, async (pointers) => {
    await writeRows(writer, path, table, pointers);
  });
  writeEncoding(writer, path, 'rec-array', '0.2.0');
}

/** @param pointers - to the texts of the columns that are not ASCII, one column after the other */
async function writeRows(
  writer: ElementWriter,
  path: string,
  table: Table,
  pointers: Uint32Array,
): Promise<void> {
  const members: { name: string; offset: number; type: StoredType; bytes: Uint8Array }[] = [];
  let rowSize = 0;
  let used = 0;
  for (const [name, column] of table.entries()) {
    let packed = packColumn(column);
    if (isWide(column)) {
      packed = { type: TEXT, bytes: bytesOf(pointers.slice(used, used + table.nRows)) };
      used += table.nRows;
    }
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
}

function packColumn(column: Column): PackedMember {
  if (column.kind === 'numeric') {
    const values = storedValues(column);
    return { type: storedType(values), bytes: bytesOf(values) };
  }
  if (column.kind === 'boolean') return { type: storedType(column.values), bytes: column.values };
  const encoder = new TextEncoder();
  const texts = textsOf(column).map((text) => encoder.encode(text));
  const size = texts.reduce((longest, text) => Math.max(longest, text.length), 1);
  const bytes = new Uint8Array(size * texts.length);
  texts.forEach((text, i) => {
    bytes.set(text, i * size);
  });
  return { type: fixedText(size), bytes };
}

/** True for texts that are not ASCII. */
function isWide(column: Column): boolean {
  if (column.kind === 'numeric' || column.kind === 'boolean') return false;
  return textsOf(column).some((text) => /[\u0080-\uffff]/.test(text));
}

function textsOf(column: Column): string[] {
  return Array.from({ length: columnLength(column) }, (_, i) =>
    String(columnValue(column, i) ?? ''),
  );
}

function bytesOf({ buffer, byteOffset, byteLength }: StorableArray): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
