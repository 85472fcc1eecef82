import { checkAdam } from '../checks/optimizers.js';
import type { OptimizerKernels } from '../contract/optimizers.js';
import { adamCoefficients } from '../optimizer-coefficients.js';
import type { ModuleExports } from './module-exports.js';
import type { WasmHeap } from './wasm-heap.js';

/** Optimizer steps on a heap. */
export function optimizerKernels(module: ModuleExports, heap: WasmHeap): OptimizerKernels {
  return {
    adam(args) {
      checkAdam(args);
      const { parameters, gradients, firstMoment, secondMoment, maxSecondMoment } = args;
      const c = adamCoefficients(args);
      const update = [parameters, firstMoment, secondMoment, maxSecondMoment];
      heap.call(
        { read: [gradients], update },
        (gradientsPtr, parametersPtr, first, second, max) => {
          module.adam(
            parameters.length,
            parametersPtr,
            gradientsPtr,
            first,
            second,
            max,
            c.beta1,
            1 - c.beta1,
            c.beta2,
            1 - c.beta2,
            c.epsilon,
            c.stepSize,
            c.rootScale,
            c.l2,
            c.shrink,
          );
        },
      );
    },
  };
}
