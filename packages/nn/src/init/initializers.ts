import type { Rng } from '@dance-ts/core';

/** U(-bound, bound). */
export function uniform(size: number, bound: number, rng: Rng): Float32Array {
  return Float32Array.from({ length: size }, () => (2 * rng.uniform() - 1) * bound);
}

/** Weights and bias of PyTorch's `Linear`: U(-1/sqrt(fanIn), 1/sqrt(fanIn)). */
export function torchLinear(size: number, fanIn: number, rng: Rng): Float32Array {
  return uniform(size, 1 / Math.sqrt(fanIn), rng);
}

/** Xavier (Glorot) uniform: U(-b, b) with b = gain sqrt(6 / (fanIn + fanOut)). */
export function xavierUniform(fanIn: number, fanOut: number, rng: Rng, gain = 1): Float32Array {
  return uniform(fanIn * fanOut, gain * Math.sqrt(6 / (fanIn + fanOut)), rng);
}

/** Xavier (Glorot) normal: N(0, s^2) with s = gain sqrt(2 / (fanIn + fanOut)). */
export function xavierNormal(fanIn: number, fanOut: number, rng: Rng, gain = 1): Float32Array {
  const deviation = gain * Math.sqrt(2 / (fanIn + fanOut));
  return Float32Array.from({ length: fanIn * fanOut }, () => rng.normal() * deviation);
}
