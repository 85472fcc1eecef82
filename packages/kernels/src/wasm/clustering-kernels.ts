import {
  checkSoftAssign,
  checkSoftAssignGradient,
  checkSoftmax,
  checkSoftmaxGradient,
} from '../checks/clustering.js';
import type { ClusteringKernels } from '../contract/clustering.js';
import type { WasmHeap } from './wasm-heap.js';

/** Exports of `assembly/softmax.ts` and `assembly/soft-assign.ts`. */
export interface ClusteringExports {
  softmax(rows: number, columns: number, xPtr: number, logarithm: boolean, outPtr: number): void;
  softmaxGradient(
    rows: number,
    columns: number,
    dyPtr: number,
    yPtr: number,
    logarithm: boolean,
    dxPtr: number,
  ): void;
  softAssign(
    rows: number,
    clusters: number,
    dim: number,
    zPtr: number,
    centersPtr: number,
    alpha: number,
    qPtr: number,
  ): void;
  softAssignGradient(
    rows: number,
    clusters: number,
    dim: number,
    dqPtr: number,
    qPtr: number,
    zPtr: number,
    centersPtr: number,
    alpha: number,
    weightsPtr: number,
    dzPtr: number,
    dCentersPtr: number,
  ): void;
}

/** Distributions over classes or clusters, on a heap. */
export function clusteringKernels(module: ClusteringExports, heap: WasmHeap): ClusteringKernels {
  return {
    softmax(args) {
      checkSoftmax(args);
      const { rows, columns, x, logarithm = false, out } = args;
      heap.call({ read: [x], write: [out] }, (xPtr, outPtr) => {
        module.softmax(rows, columns, xPtr, logarithm, outPtr);
      });
    },
    softmaxGradient(args) {
      checkSoftmaxGradient(args);
      const { rows, columns, dy, y, logarithm = false, dx } = args;
      heap.call({ read: [dy, y], write: [dx] }, (dyPtr, yPtr, dxPtr) => {
        module.softmaxGradient(rows, columns, dyPtr, yPtr, logarithm, dxPtr);
      });
    },
    softAssign(args) {
      checkSoftAssign(args);
      const { rows, clusters, dim, z, centers, alpha, q } = args;
      heap.call({ read: [z, centers], write: [q] }, (zPtr, centersPtr, qPtr) => {
        module.softAssign(rows, clusters, dim, zPtr, centersPtr, alpha, qPtr);
      });
    },
    softAssignGradient(args) {
      checkSoftAssignGradient(args);
      const { rows, clusters, dim, dq, q, z, centers, alpha, weights, dz, dCenters } = args;
      heap.call({ read: [dq, q, z, centers], write: [weights, dz, dCenters] }, (...addresses) => {
        const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0] = addresses;
        module.softAssignGradient(rows, clusters, dim, a, b, c, d, alpha, e, f, g);
      });
    },
  };
}
