import { DenseMatrix, FormatError } from '@dance-ts/core';

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];

/**
 * The two-dimensional float32 array of a .npy file (version 1 to 3, row-major, little-endian).
 *
 * @throws FormatError for anything else
 */
export function readNpyMatrix(bytes: Uint8Array): DenseMatrix {
  const refuse = (got: string): never => {
    throw new FormatError('this is not the .npy file of a float32 matrix', { got });
  };
  if (bytes.length < 12 || MAGIC.some((byte, k) => bytes[k] !== byte)) refuse('no .npy file');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isShort = bytes[6] === 1;
  const start = isShort ? 10 : 12;
  const end = start + (isShort ? view.getUint16(8, true) : view.getUint32(8, true));
  const header = new TextDecoder('latin1').decode(bytes.subarray(start, end));
  const [, rows, columns] = /'shape': \((\d+), (\d+)\)/.exec(header) ?? [];
  const isPlain = header.includes("'<f4'") && header.includes("'fortran_order': False");
  if (!isPlain || rows === undefined || columns === undefined) refuse(header.trim());
  const [nRows, nCols] = [Number(rows), Number(columns)];
  if (bytes.length !== end + 4 * nRows * nCols) refuse(`${bytes.length - end} bytes of data`);
  const data = new Float32Array(nRows * nCols);
  for (let e = 0; e < data.length; e++) data[e] = view.getFloat32(end + 4 * e, true);
  return new DenseMatrix(nRows, nCols, data);
}
