import { ParamError } from '@dance-ts/core';
import * as tf from '@tensorflow/tfjs';
import { checkSameShape } from './check-shapes.js';
import { normalizeRows } from './cosine.js';
import { reduceCells, sumRows, type ReductionOptions } from './reduction.js';

/** Options of {@link ntXent} and {@link infoNce}. */
export interface ContrastiveOptions extends ReductionOptions {
  /** Divides the cosine similarities, > 0; default 0.25. */
  readonly temperature?: number;
}

/** Added to the logit of what must not be chosen; e to its power is 0. */
const EXCLUDED = -1e30;

/**
 * Contrastive loss of two views of the same cells (NT-Xent; Chen et al., 2020, arXiv:2002.05709).
 * Each embedding must recognize the other view of its cell among all embeddings of both views but
 * itself: -ln(e^s(i, i') / sum over j other than i of e^s(i, j)) with s = cosine / temperature,
 * averaged over the two views. Memory grows with (2n)².
 *
 * @param first - embeddings of view 1, [n, d]
 * @param second - embeddings of view 2, row by row the same cells
 * @returns scalar, or [n] without reduction
 * @throws ParamError if the shapes differ or the temperature is not positive
 */
export function ntXent(
  first: tf.Tensor2D,
  second: tf.Tensor2D,
  { temperature = 0.25, reduction }: ContrastiveOptions = {},
): tf.Tensor {
  checkSameShape('ntXent', [first, second]);
  checkTemperature('ntXent', temperature);
  const [a, b] = [normalizeRows(first), normalizeRows(second)];
  const both = tf.concat([a, b], 0);
  const itself = tf.mul(tf.eye(both.shape[0]), EXCLUDED);
  const logits = tf.add(tf.div(tf.matMul(both, both, false, true), temperature), itself);
  const [ofFirst, ofSecond] = tf.split(logSumExpRows(logits), 2) as [tf.Tensor, tf.Tensor];
  const positive = tf.div(sumRows(tf.mul(a, b)), temperature);
  const perCell = tf.sub(tf.mul(tf.add(ofFirst, ofSecond), 0.5), positive);
  return reduceCells(perCell as tf.Tensor1D, reduction);
}

/** Options of {@link infoNce}. */
export interface InfoNceOptions extends ContrastiveOptions {
  /** Averages over the choice of the second among the first too, default true. */
  readonly symmetric?: boolean;
}

/**
 * Contrastive loss of two modalities or views (InfoNCE; van den Oord et al., 2018,
 * arXiv:1807.03748): each embedding of the first must recognize its partner among all embeddings of
 * the second, and the other way round. Cross-entropy of cosine / temperature against the identity,
 * averaged over the two directions. Memory grows with n².
 *
 * @param first - [n, d]
 * @param second - [n, d], row by row the partners
 * @returns scalar, or [n] without reduction
 * @throws ParamError if the shapes differ or the temperature is not positive
 */
export function infoNce(
  first: tf.Tensor2D,
  second: tf.Tensor2D,
  { temperature = 0.25, symmetric = true, reduction }: InfoNceOptions = {},
): tf.Tensor {
  checkSameShape('infoNce', [first, second]);
  checkTemperature('infoNce', temperature);
  const [a, b] = [normalizeRows(first), normalizeRows(second)];
  const logits = tf.div(tf.matMul(a, b, false, true), temperature);
  const positive = tf.div(sumRows(tf.mul(a, b)), temperature);
  const normalizer = symmetric
    ? tf.mul(tf.add(logSumExpRows(logits), logSumExpRows(tf.transpose(logits))), 0.5)
    : logSumExpRows(logits);
  return reduceCells(tf.sub(normalizer, positive), reduction);
}

/** ln of the sum of e^x over each row, with softmax as its gradient. */
function logSumExpRows(x: tf.Tensor): tf.Tensor1D {
  const op = tf.customGrad((values, save) => {
    const logits = values as tf.Tensor;
    const highest = tf.max(logits, 1, true);
    const shifted = tf.exp(tf.sub(logits, highest));
    const sums = tf.sum(shifted, 1, true);
    (save as tf.GradSaveFunc)([tf.div(shifted, sums)]);
    return {
      value: tf.squeeze(tf.add(highest, tf.log(sums)), [1]),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => tf.mul(saved[0]!, tf.expandDims(dy, 1)),
    };
  });
  return op(x) as tf.Tensor1D;
}

/** @throws ParamError unless the temperature is a finite number > 0 */
export function checkTemperature(loss: string, temperature: number): void {
  if (temperature > 0 && Number.isFinite(temperature)) return;
  throw new ParamError(`${loss}: temperature`, {
    got: String(temperature),
    expected: 'a finite number > 0',
  });
}
