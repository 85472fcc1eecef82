import * as tf from '@tensorflow/tfjs';
import { denseGradientWebGpu, denseWebGpu } from './webgpu/dense.js';

type Inputs = Readonly<Record<string, tf.Tensor>>;

interface RowAttributes {
  readonly indices: Int32Array;
  readonly nRows: number;
}

/**
 * Operations of ours, by name, that TensorFlow computes faster from its own ones than our kernels do
 * on copies of the tensors.
 */
export const ACCELERATOR_OPS: Readonly<
  Record<string, (inputs: Inputs, attributes: never) => tf.Tensor[]>
> = {
  DanceDense: denseWebGpu,
  DanceDenseGradient: denseGradientWebGpu,
  DanceGatherRows: (inputs, { indices }: RowAttributes) => [
    tf.gather(inputs['x']!, tf.tensor1d(indices, 'int32')),
  ],
  DanceSegmentSum: (inputs, { indices, nRows }: RowAttributes) => [
    tf.unsortedSegmentSum(inputs['x']!, tf.tensor1d(indices, 'int32'), nRows),
  ],
  DanceScaleRows: (inputs) => [tf.mul(inputs['values']!, tf.expandDims(inputs['factors']!, 1))],
};
