import { checkGraphReconstruction } from '../checks/graph-reconstruction.js';
import type { GraphReconstructionKernels } from '../contract/graph-reconstruction.js';
import type { WasmHeap } from './wasm-heap.js';

/** Exports of `assembly/graph-reconstruction.ts`. */
export interface GraphReconstructionExports {
  graphReconstruction(
    n: number,
    dim: number,
    zPtr: number,
    indptrPtr: number,
    indicesPtr: number,
    targetsPtr: number,
    positiveWeight: number,
    scale: number,
    gradientPtr: number,
    workspacePtr: number,
  ): number;
  graphReconstructionBlockSize(): number;
  /** `djPtr` 0: the block with itself. */
  graphReconstructionBlock(
    rows: number,
    columns: number,
    dim: number,
    ziPtr: number,
    zjPtr: number,
    scale: number,
    diPtr: number,
    djPtr: number,
    workspacePtr: number,
  ): number;
  graphReconstructionLinks(
    n: number,
    dim: number,
    zPtr: number,
    indptrPtr: number,
    indicesPtr: number,
    targetsPtr: number,
    positiveWeight: number,
    scale: number,
    gradientPtr: number,
  ): number;
}

/** Decoders of graphs on a heap. */
export function graphReconstructionKernels(
  module: GraphReconstructionExports,
  heap: WasmHeap,
): GraphReconstructionKernels {
  return {
    graphReconstruction(args) {
      checkGraphReconstruction(args);
      const { z, n, dim, indptr, indices, targets, positiveWeight = 1, scale = 1 } = args;
      const lent = { read: [z, indptr, indices, targets], write: [args.gradient] };
      return heap.call(lent, (zPtr, indptrPtr, indicesPtr, targetsPtr, gradientPtr) =>
        module.graphReconstruction(
          n,
          dim,
          zPtr,
          indptrPtr,
          indicesPtr,
          targetsPtr,
          positiveWeight,
          scale,
          gradientPtr,
          heap.workspace,
        ),
      );
    },
  };
}
