import * as tf from '@tensorflow/tfjs';
import type { SparseOperand } from '../../ops/spmm.js';
import {
  edgeAggregateWebGpu,
  edgeSoftmaxGradientWebGpu,
  edgeSoftmaxWebGpu,
  sddmmWebGpu,
  sumEdgesWebGpu,
} from './graph.js';
import { float, int, runProgram } from './program.js';
import { uploadedMatrix } from './uploaded-matrix.js';

interface Attributes {
  readonly graph: SparseOperand;
  readonly heads: number;
  readonly activation: 'leakyRelu' | 'sigmoid';
  readonly negativeSlope: number;
}

type Inputs = Readonly<Record<string, tf.Tensor | undefined>>;

/** Graph attention on WebGPU: sums, weights, and the slopes of the scores' function. */
export function gatAggregateWebGpu(inputs: Inputs, attributes: Attributes): tf.Tensor[] {
  const { graph, heads } = attributes;
  const [logits, slopes] = scores(inputs, attributes);
  const [attention] = edgeSoftmaxWebGpu({ logits }, { graph }) as [tf.Tensor];
  const sums = edgeAggregateWebGpu(
    { values: attention, x: inputs['z'] as tf.Tensor },
    { graph, heads, backwards: false },
  );
  return [...sums, attention, slopes];
}

/** Gradients by z, source and target, and by the scores. */
export function gatAggregateGradientWebGpu(
  { z, attention, slopes, dOut, dAttention }: Inputs,
  { graph, heads }: Attributes,
): tf.Tensor[] {
  const upstream = dOut as tf.Tensor;
  const probabilities = attention as tf.Tensor;
  const [products] = sddmmWebGpu({ a: upstream, b: z as tf.Tensor }, { graph, heads }) as [
    tf.Tensor,
  ];
  const dy = dAttention === undefined ? products : tf.add(products, dAttention);
  const [byLogits] = edgeSoftmaxGradientWebGpu({ probabilities, dy }, { graph }) as [tf.Tensor];
  const byScores = tf.mul(byLogits, slopes as tf.Tensor);
  return [
    ...edgeAggregateWebGpu(
      { values: probabilities, x: upstream },
      { graph, heads, backwards: true },
    ),
    sumEdgesWebGpu(byScores, { graph, heads }, true),
    sumEdgesWebGpu(byScores, { graph, heads }, false),
    byScores,
  ];
}

function scores(
  inputs: Inputs,
  { graph, heads, activation, negativeSlope }: Attributes,
): [tf.Tensor, tf.Tensor] {
  const { nnz } = graph.matrix;
  if (nnz * heads === 0) return [tf.zeros([nnz, heads]), tf.zeros([nnz, heads])];
  const { rows, indices } = uploadedMatrix(graph);
  const [bySource, byTarget] = [inputs['source'] as tf.Tensor, inputs['target'] as tf.Tensor];
  const isSigmoid = activation === 'sigmoid';
  const both = runProgram({
    key: `dance_scores_${activation}`,
    inputs: { rows, indices, bySource, byTarget },
    uniforms: { heads: int(heads), ...(!isSigmoid && { slope: float(negativeSlope) }) },
    outputShape: [2, nnz, heads],
    invocations: nnz * heads,
    body: `
      let edge = index / uniforms.heads;
      let head = index - edge * uniforms.heads;
      let score = bySource[indices[edge] * uniforms.heads + head]
        + byTarget[rows[edge] * uniforms.heads + head];
      ${isSigmoid ? SIGMOID : LEAKY_RELU}`,
  });
  return tf.unstack(both) as [tf.Tensor, tf.Tensor];
}

const SIGMOID = `
      let small = exp(-min(abs(score), 80.0));
      let near = 1.0 / (1.0 + small);
      result[index] = select(near, small * near, score < 0.0);
      result[index + uniforms.invocations] = small * near * near;`;

const LEAKY_RELU = `
      let slope = select(uniforms.slope, 1.0, score > 0.0);
      result[index] = slope * score;
      result[index + uniforms.invocations] = slope;`;
