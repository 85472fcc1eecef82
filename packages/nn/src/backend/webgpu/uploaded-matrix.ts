import type * as tf from '@tensorflow/tfjs';
import { edgesByColumn } from '../../ops/graph/edges.js';
import type { SparseOperand } from '../../ops/spmm.js';
import { free, upload, webGpuBackend, type WebGpuBackend } from './program.js';

/** The arrays of a sparse matrix on the GPU. */
export interface UploadedMatrix {
  readonly indptr: tf.TensorInfo;
  readonly indices: tf.TensorInfo;
  readonly entries: tf.TensorInfo;
  /** The row of each entry. */
  readonly rows: tf.TensorInfo;
}

/** The entries of a sparse matrix column by column, on the GPU. */
export interface UploadedColumns {
  readonly indptr: tf.TensorInfo;
  readonly rows: tf.TensorInfo;
  /** Numbers of the entries in the order of the rows. */
  readonly entries: tf.TensorInfo;
}

type Uploads = Readonly<Record<string, tf.TensorInfo>>;

/** Frees the GPU's copies when nothing refers to the operand any more. */
const abandoned = new FinalizationRegistry<() => void>((release) => {
  release();
});

/** A matrix with at least one entry, uploaded once. */
export const uploadedMatrix = onceAnOperand(({ matrix }): UploadedMatrix => {
  const { nRows, indptr, indices, data } = matrix;
  const rows = new Int32Array(data.length);
  for (let row = 0; row < nRows; row++) rows.fill(row, indptr[row], indptr[row + 1]);
  return upload({ indptr, indices, entries: data, rows });
});

/** A matrix with at least one entry, uploaded once. */
export const uploadedColumns = onceAnOperand((operand): UploadedColumns => {
  const { indptr, rows, entries } = edgesByColumn(operand);
  return upload({ indptr, rows, entries });
});

function onceAnOperand<T extends object>(
  uploadFor: (operand: SparseOperand) => T,
): (operand: SparseOperand) => T {
  const uploaded = new WeakMap<WebGpuBackend, WeakMap<SparseOperand, T>>();
  return (operand) => {
    const backend = webGpuBackend();
    let matrices = uploaded.get(backend);
    if (matrices === undefined) uploaded.set(backend, (matrices = new WeakMap()));
    const known = matrices.get(operand);
    if (known !== undefined) return known;
    const made = uploadFor(operand);
    matrices.set(operand, made);
    abandoned.register(operand, () => {
      free(made as unknown as Uploads, backend);
    });
    return made;
  };
}
