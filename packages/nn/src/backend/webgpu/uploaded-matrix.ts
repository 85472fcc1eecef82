import type * as tf from '@tensorflow/tfjs';
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

const uploaded = new WeakMap<WebGpuBackend, WeakMap<SparseOperand, UploadedMatrix>>();

/** Frees the GPU's copy when nothing refers to the operand any more. */
const abandoned = new FinalizationRegistry<() => void>((release) => {
  release();
});

/** A matrix with at least one entry, uploaded once. */
export function uploadedMatrix(operand: SparseOperand): UploadedMatrix {
  const backend = webGpuBackend();
  let matrices = uploaded.get(backend);
  if (matrices === undefined) uploaded.set(backend, (matrices = new WeakMap()));
  let matrix = matrices.get(operand);
  if (matrix === undefined) {
    matrix = uploadMatrix(operand);
    matrices.set(operand, matrix);
    const copies = matrix;
    abandoned.register(operand, () => {
      free({ ...copies }, backend);
    });
  }
  return matrix;
}

function uploadMatrix({ matrix }: SparseOperand): UploadedMatrix {
  const { nRows, indptr, indices, data } = matrix;
  const rows = new Int32Array(data.length);
  for (let row = 0; row < nRows; row++) rows.fill(row, indptr[row], indptr[row + 1]);
  return upload({ indptr, indices, entries: data, rows });
}
