import * as tf from '@tensorflow/tfjs';
import type { SparseOperand } from '../../ops/spmm.js';
import { float, int, runProgram } from './program.js';
import { sparseProduct } from './spmm.js';
import { uploadedMatrix } from './uploaded-matrix.js';

/** Elements of the block of logits that is in memory at once. */
const BLOCK_SIZE = 1 << 22;

interface Attributes {
  readonly adjacency: SparseOperand;
  readonly positiveWeight: number;
  readonly norm: number;
}

/**
 * Loss of an inner-product decoder of a symmetric graph, and its gradient by the embedding z, on
 * WebGPU: all pairs as if they were no links, in blocks of rows, then corrections at the links. By
 * symmetry, the gradient through z on both sides of a logit is twice that through one side.
 */
export function graphReconstructionWebGpu(
  { z: embedding }: Readonly<Record<string, tf.Tensor>>,
  { adjacency, positiveWeight, norm }: Attributes,
): tf.Tensor[] {
  const z = embedding as tf.Tensor2D;
  const n = z.shape[0];
  const scale = norm / Math.max(1, n * n);
  const pairs = allPairs(z);
  const links = atLinks(z, adjacency, positiveWeight);
  return [
    tf.mul(tf.add(pairs.loss, links.loss), scale),
    tf.mul(tf.add(pairs.gradient, links.gradient), 2 * scale),
  ];
}

interface Part {
  readonly loss: tf.Tensor;
  readonly gradient: tf.Tensor;
}

/** Sum of softplus(z_i z_j) over all pairs, and Σ_j sigmoid(z_i z_j) z_j. */
function allPairs(z: tf.Tensor2D): Part {
  const n = z.shape[0];
  const step = Math.max(1, Math.floor(BLOCK_SIZE / Math.max(1, n)));
  const losses: tf.Tensor[] = [];
  const gradients: tf.Tensor[] = [];
  for (let first = 0; first < n; first += step) {
    const rows = tf.slice(z, [first, 0], [Math.min(step, n - first), -1]);
    const part = tf.tidy(() => {
      const logits = tf.matMul(rows, z, false, true);
      // Row by row first: one float32 sum of all would lose digits.
      const loss = tf.sum(tf.sum(tf.softplus(logits), 1));
      return { loss, gradient: tf.matMul(tf.sigmoid(logits), z) };
    });
    losses.push(part.loss);
    gradients.push(part.gradient);
  }
  if (n === 0) return { loss: tf.scalar(0), gradient: tf.zerosLike(z) };
  return { loss: tf.sum(tf.stack(losses)), gradient: tf.concat(gradients) };
}

/** What a link of target t with logit l adds: t ((w - 1) softplus(l) - w l) and its derivative. */
function atLinks(z: tf.Tensor2D, adjacency: SparseOperand, positiveWeight: number): Part {
  const nLinks = adjacency.matrix.data.length;
  const [, dim] = z.shape;
  if (nLinks * dim === 0) return { loss: tf.scalar(0), gradient: tf.zerosLike(z) };
  const { rows, indices, entries } = uploadedMatrix(adjacency);
  const both = runProgram({
    key: 'dance_link_terms',
    inputs: { rows, indices, entries, z },
    uniforms: { dim: int(dim), links: int(nLinks), weight: float(positiveWeight) },
    outputShape: [2, nLinks],
    invocations: nLinks,
    body: `
      var logit = 0.0;
      for (var k = 0; k < uniforms.dim; k++) {
        logit += z[rows[index] * uniforms.dim + k] * z[indices[index] * uniforms.dim + k];
      }
      let small = exp(-abs(logit));
      let softplus = max(logit, 0.0) + log(1.0 + small);
      let sigmoid = select(small, 1.0, logit >= 0.0) / (1.0 + small);
      let excess = uniforms.weight - 1.0;
      result[index] = entries[index] * (excess * softplus - uniforms.weight * logit);
      result[index + uniforms.links] = entries[index] * (excess * sigmoid - uniforms.weight);`,
  });
  const [terms, slopes] = tf.unstack(both) as [tf.Tensor, tf.Tensor];
  return { loss: tf.sum(terms), gradient: sparseProduct(adjacency, slopes, z) };
}
