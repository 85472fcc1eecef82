import type { CsrMatrix, Matrix } from '@dance-ts/core';
import type { ElementWriter } from '../storage/element-writer.js';
import type { StorableArray } from '../hdf5/stored-type.js';

/** Writes a group with its encoding attributes. */
export function writeGroup(
  writer: ElementWriter,
  path: string,
  type: string,
  version: string,
): void {
  writer.createGroup(path);
  writeEncoding(writer, path, type, version);
}

/** Sets the attributes that tell readers what an element is. */
export function writeEncoding(
  writer: ElementWriter,
  path: string,
  type: string,
  version: string,
): void {
  writer.setAttribute(path, 'encoding-type', type);
  writer.setAttribute(path, 'encoding-version', version);
}

/** Writes numbers of any shape as an `array` element. */
export async function writeArray(
  writer: ElementWriter,
  path: string,
  values: StorableArray,
  shape: readonly number[],
): Promise<void> {
  await writer.writeNumbers(path, values, shape);
  writeEncoding(writer, path, 'array', '0.2.0');
}

/** Writes a matrix: sparse as CSR, dense as an array, both Float32. */
export async function writeMatrix(
  writer: ElementWriter,
  path: string,
  matrix: Matrix,
): Promise<void> {
  if (matrix.kind === 'csr') await writeCsr(writer, path, matrix);
  else await writeArray(writer, path, matrix.data, matrix.shape);
}

async function writeCsr(writer: ElementWriter, path: string, matrix: CsrMatrix): Promise<void> {
  writeGroup(writer, path, 'csr_matrix', '0.1.0');
  writer.setAttribute(path, 'shape', [...matrix.shape]);
  const { data, indices, indptr } = matrix;
  await writer.writeNumbers(`${path}/data`, data, [data.length], true);
  await writer.writeNumbers(`${path}/indices`, indices, [indices.length], true);
  await writer.writeNumbers(`${path}/indptr`, indptr, [indptr.length], true);
}
