import { checkDropoutMask, checkNormalNoise, dropoutConstants } from '../checks/random.js';
import type { RandomKernels } from '../contract/random.js';
import { forEachBlock } from './blocks.js';
import type { WasmHeap } from './wasm-heap.js';

/** Exports of `assembly/dropout.ts` and `assembly/noise.ts`. */
export interface RandomExports {
  dropoutMask(
    count: number,
    statePtr: number,
    threshold: number,
    scale: number,
    outPtr: number,
  ): void;
  normalNoise(count: number, statePtr: number, deviation: number, outPtr: number): void;
}

/** Small enough to stay in a processor's cache while it is copied out, and an even count. */
const BLOCK = { bytesPerItem: 4, blockBytes: 65536 };

/** Random numbers, on a heap. */
export function randomKernels(module: RandomExports, heap: WasmHeap): RandomKernels {
  const fill = (
    { state, out }: { readonly state: Uint32Array; readonly out: Float32Array },
    draw: (count: number, statePtr: number, outPtr: number) => void,
  ): void => {
    const fillPart = (part: Float32Array): void => {
      const count = part.length;
      heap.call({ write: [state, part] }, (statePtr, outPtr) => {
        draw(count, statePtr, outPtr);
      });
    };
    // A view is neither cut nor asked for its length later on: room for the state may let the
    // memory grow, which detaches it.
    if (heap.holds(out)) fillPart(out);
    else {
      forEachBlock(out.length, BLOCK, (start, count) => {
        fillPart(out.subarray(start, start + count));
      });
    }
  };
  return {
    dropoutMask(args) {
      checkDropoutMask(args);
      const [threshold, scale] = dropoutConstants(args.rate);
      fill(args, (count, statePtr, outPtr) => {
        module.dropoutMask(count, statePtr, threshold, scale, outPtr);
      });
    },
    normalNoise(args) {
      checkNormalNoise(args);
      const { deviation } = args;
      fill(args, (count, statePtr, outPtr) => {
        module.normalNoise(count, statePtr, deviation, outPtr);
      });
    },
  };
}
