import * as tf from '@tensorflow/tfjs';
import { dense, denseGradients } from '../ops/dense.js';
import type { Linear } from '../layers/linear.js';

/** Rows whose outputs are held at once: a few megabytes at 2,000 genes, which stay in cache. */
const BLOCK_ROWS = 1024;

/** Rows of a block. */
export interface RowBlock {
  readonly start: number;
  readonly nRows: number;
}

/**
 * The loss of a block of rows, summed over its rows, and its gradient by each output; new tensors.
 *
 * @param outputs - of each head, [nRows, nOut]
 */
export type BlockLoss = (
  outputs: readonly tf.Tensor2D[],
  block: RowBlock,
) => { readonly loss: tf.Scalar; readonly gradients: readonly tf.Tensor2D[] };

/**
 * A loss of wide linear layers on one input, worked out with its gradients block after block of
 * rows, so that neither the outputs of all rows nor their gradients are ever held. The loss must be
 * a sum over rows.
 *
 * @param h - [n, nIn]
 * @returns the sum over all rows
 */
export function blockedHeadLoss(
  h: tf.Tensor2D,
  heads: readonly Linear[],
  lossOf: BlockLoss,
): tf.Scalar {
  const parameters = heads.flatMap(({ weight, bias }) => [
    weight.variable,
    ...(bias ? [bias.variable] : []),
  ]);
  const op = tf.customGrad((...args) => {
    const save = args.pop() as unknown as tf.GradSaveFunc;
    const [input, ...values] = args as tf.Tensor[];
    const { loss, gradients } = sumOverBlocks(input as tf.Tensor2D, values, heads, lossOf);
    save(gradients);
    return {
      value: loss,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => saved.map((value) => tf.mul(value, dy)),
    };
  });
  return op(h, ...parameters);
}

/** The loss and its gradients: by the input, then by weight and bias of each head. */
function sumOverBlocks(
  h: tf.Tensor2D,
  values: readonly tf.Tensor[],
  heads: readonly Linear[],
  lossOf: BlockLoss,
): { loss: tf.Scalar; gradients: tf.Tensor[] } {
  const [n, nIn] = h.shape;
  let loss = tf.scalar(0);
  let byParameter: tf.Tensor[] = [];
  const byInput: tf.Tensor2D[] = [];
  for (let start = 0; start < n; start += BLOCK_ROWS) {
    const block = { start, nRows: Math.min(BLOCK_ROWS, n - start) };
    const results = tf.tidy(() => {
      const rows = tf.slice(h, [start, 0], [block.nRows, nIn]);
      const layers = pairedWith(heads, values);
      const outputs = layers.map(({ weight, bias }) => dense(rows, weight, bias));
      const of = lossOf(outputs, block);
      const gradients = layers.map(({ weight }, k) =>
        denseGradients(of.gradients[k]!, rows, weight),
      );
      const ofParameters = gradients.flatMap(({ byWeight, byBias }, k) =>
        layers[k]!.bias === undefined ? [byWeight] : [byWeight, byBias],
      );
      return {
        loss: tf.add<tf.Scalar>(loss, of.loss),
        byParameter:
          start === 0
            ? ofParameters
            : ofParameters.map((value, p) => tf.add(byParameter[p]!, value)),
        ofRows: tf.addN(gradients.map(({ byInput }) => byInput)),
      };
    });
    tf.dispose([loss, ...byParameter]);
    ({ loss, byParameter } = results);
    byInput.push(results.ofRows);
  }
  const whole = byInput.length === 1 ? byInput[0]! : tf.concat(byInput, 0);
  return { loss, gradients: [whole, ...byParameter] };
}

/** Weight and bias of each head among the values of all. */
function pairedWith(
  heads: readonly Linear[],
  values: readonly tf.Tensor[],
): { weight: tf.Tensor2D; bias: tf.Tensor1D | undefined }[] {
  let next = 0;
  return heads.map(({ bias }) => ({
    weight: values[next++] as tf.Tensor2D,
    bias: bias && (values[next++] as tf.Tensor1D),
  }));
}

/**
 * Mean squared error of a linear layer's outputs, which are held for a block of rows only.
 *
 * @param h - [n, nIn]
 * @param targetOf - what the outputs of a block should be, [nRows, nOut]; freed with everything else
 */
export function linearMeanSquaredError(
  h: tf.Tensor2D,
  layer: Linear,
  targetOf: (block: RowBlock) => tf.Tensor2D,
): tf.Scalar {
  const sum = blockedHeadLoss(h, [layer], (outputs, block) => {
    const error = tf.sub<tf.Tensor2D>(outputs[0]!, targetOf(block));
    return { loss: tf.sum(tf.square(error)), gradients: [tf.mul(error, 2)] };
  });
  return tf.div(sum, Math.max(1, h.shape[0] * (layer.weight.shape[1] ?? 1)));
}
