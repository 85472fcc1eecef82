import { checkAdam, checkStep, checkVelocity } from '../checks/optimizers.js';
import type { OptimizerKernels } from '../contract/optimizers.js';
import { adamCoefficients } from '../optimizer-coefficients.js';
import type { WasmHeap } from './wasm-heap.js';

type Numbers = readonly number[];

/** Exports of `assembly/optimizers.ts`: a count, addresses, then coefficients. */
export interface OptimizerExports {
  adam(count: number, ...rest: Numbers): void;
  sgd(count: number, ...rest: [...Numbers, nesterov: boolean]): void;
  rmsprop(count: number, ...rest: Numbers): void;
  adadelta(count: number, ...rest: Numbers): void;
  adagrad(count: number, ...rest: Numbers): void;
}

/** Optimizer steps on a heap. */
export function optimizerKernels(module: OptimizerExports, heap: WasmHeap): OptimizerKernels {
  return {
    adam(args) {
      checkAdam(args);
      const { parameters, gradients, firstMoment, secondMoment, maxSecondMoment } = args;
      const { beta1, beta2, epsilon, stepSize, rootScale, l2, shrink } = adamCoefficients(args);
      const write = [parameters, firstMoment, secondMoment, maxSecondMoment];
      // Written out: a small network takes this step for each of many small parameters.
      heap.call({ read: [gradients], write }, (g, p = 0, first = 0, second = 0, largest = 0) => {
        module.adam(
          parameters.length,
          p,
          g,
          first,
          second,
          largest,
          beta1,
          1 - beta1,
          beta2,
          1 - beta2,
          epsilon,
          stepSize,
          rootScale,
          l2,
          shrink,
        );
      });
    },
    sgd(args) {
      const { learningRate, weightDecay = 0, momentum = 0, dampening = 0, nesterov = false } = args;
      const { parameters, gradients, velocity } = args;
      checkStep(args, { velocity });
      checkVelocity(momentum, velocity);
      const coefficients = [learningRate, weightDecay, momentum, 1 - dampening];
      const write = [parameters, velocity];
      heap.call({ read: [gradients], write }, (gradientsPtr, parametersPtr, velocityPtr) => {
        const pointers = [parametersPtr, gradientsPtr, velocityPtr];
        module.sgd(parameters.length, ...pointers, ...coefficients, nesterov);
      });
    },
    rmsprop(args) {
      const { learningRate, alpha = 0.99, epsilon = 1e-8, weightDecay = 0, momentum = 0 } = args;
      const { parameters, gradients, meanSquare, velocity } = args;
      checkStep(args, { meanSquare, velocity });
      checkVelocity(momentum, velocity);
      const coefficients = [learningRate, alpha, 1 - alpha, epsilon, weightDecay, momentum];
      const write = [parameters, meanSquare, velocity];
      heap.call({ read: [gradients], write }, (gradientsPtr, parametersPtr, ...state) => {
        const pointers = [parametersPtr, gradientsPtr, ...state];
        module.rmsprop(parameters.length, ...pointers, ...coefficients);
      });
    },
    adadelta(args) {
      const { learningRate, rho = 0.9, epsilon = 1e-6, weightDecay = 0 } = args;
      const { parameters, gradients, meanSquare, meanSquareUpdate } = args;
      checkStep(args, { meanSquare, meanSquareUpdate });
      const coefficients = [learningRate, rho, 1 - rho, epsilon, weightDecay];
      const write = [parameters, meanSquare, meanSquareUpdate];
      heap.call({ read: [gradients], write }, (gradientsPtr, parametersPtr, ...state) => {
        const pointers = [parametersPtr, gradientsPtr, ...state];
        module.adadelta(parameters.length, ...pointers, ...coefficients);
      });
    },
    adagrad(args) {
      const { learningRate, epsilon = 1e-10, weightDecay = 0 } = args;
      const { parameters, gradients, sumSquare } = args;
      checkStep(args, { sumSquare });
      const write = [parameters, sumSquare];
      heap.call({ read: [gradients], write }, (gradientsPtr, parametersPtr, sumSquarePtr) => {
        const pointers = [parametersPtr, gradientsPtr, sumSquarePtr];
        module.adagrad(parameters.length, ...pointers, learningRate, epsilon, weightDecay);
      });
    },
  };
}
