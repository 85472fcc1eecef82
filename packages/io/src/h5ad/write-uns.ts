import {
  CsrMatrix,
  DenseMatrix,
  Table,
  type Reporter,
  type UnsDict,
  type UnsValue,
} from '@dance-ts/core';
import type { ElementWriter } from '../storage/element-writer.js';
import { assertElementName } from './element-names.js';
import { writeColumn, writeStrings } from './write-column.js';
import { writeArray, writeEncoding, writeGroup, writeMatrix } from './write-matrix.js';
import { writeRecords } from './write-records.js';
import { writeTable } from './write-table.js';

/** Writes a nested dictionary. `null` has no form that all readers know and is left out. */
export async function writeDict(
  writer: ElementWriter,
  path: string,
  dict: UnsDict,
  reporter: Reporter,
): Promise<void> {
  writeGroup(writer, path, 'dict', '0.1.0');
  for (const [key, value] of dict) {
    assertElementName(key, path.slice(1));
    await writeUnsValue(writer, `${path}/${key}`, value, reporter);
  }
}

/** Writes one value of a dictionary. */
export async function writeUnsValue(
  writer: ElementWriter,
  path: string,
  value: UnsValue,
  reporter: Reporter,
): Promise<void> {
  if (value === null) {
    reporter.message('warning', `${path.slice(1)} is null and was not written`);
  } else if (typeof value === 'string') {
    writer.writeTexts(path, [value], []);
    writeEncoding(writer, path, 'string', '0.2.0');
  } else if (typeof value === 'boolean') {
    await writer.writeBooleans(path, Uint8Array.of(value ? 1 : 0), []);
    writeEncoding(writer, path, 'numeric-scalar', '0.2.0');
  } else if (typeof value === 'number') {
    const scalar = Number.isSafeInteger(value)
      ? BigInt64Array.of(BigInt(value))
      : Float64Array.of(value);
    await writer.writeNumbers(path, scalar, []);
    writeEncoding(writer, path, 'numeric-scalar', '0.2.0');
  } else if (value instanceof Map) {
    await writeDict(writer, path, value, reporter);
  } else if (value instanceof Table) {
    await (value.indexName === '' ? writeRecords : writeTable)(writer, path, value);
  } else if (value instanceof CsrMatrix || value instanceof DenseMatrix) {
    await writeMatrix(writer, path, value);
  } else if (ArrayBuffer.isView(value)) {
    await writeArray(writer, path, value, [value.length]);
  } else if ('kind' in value) {
    if (value.kind === 'ndarray') await writeArray(writer, path, value.data, value.shape);
    else await writeColumn(writer, path, value);
  } else {
    await writeStrings(writer, path, value);
  }
}
