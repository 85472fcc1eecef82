import { checkDropoutMask, dropoutConstants } from '../checks/dropout.js';
import type { DropoutKernels } from '../contract/dropout.js';
import { forEachBlock } from './blocks.js';
import type { WasmHeap } from './wasm-heap.js';

/** Exports of `assembly/dropout.ts`. */
export interface DropoutExports {
  dropoutMask(
    count: number,
    statePtr: number,
    threshold: number,
    scale: number,
    outPtr: number,
  ): void;
}

/** Small enough to stay in a processor's cache while it is copied out. */
const BLOCK = { bytesPerItem: 4, blockBytes: 65536 };

/** Masks of dropout, on a heap. */
export function dropoutKernels(module: DropoutExports, heap: WasmHeap): DropoutKernels {
  return {
    dropoutMask(args) {
      checkDropoutMask(args);
      const { state, rate, out } = args;
      const [threshold, scale] = dropoutConstants(rate);
      const fill = (part: Float32Array): void => {
        const count = part.length;
        heap.call({ write: [state, part] }, (statePtr, outPtr) => {
          module.dropoutMask(count, statePtr, threshold, scale, outPtr);
        });
      };
      // A view is neither cut nor asked for its length later on: room for the state may let the
      // memory grow, which detaches it.
      if (heap.holds(out)) fill(out);
      else {
        forEachBlock(out.length, BLOCK, (start, count) => {
          fill(out.subarray(start, start + count));
        });
      }
    },
  };
}
