import * as tf from '@tensorflow/tfjs';
import { float, int, runProgram } from './program.js';
import { ZINB_FUNCTIONS } from './zinb-functions.js';

interface Attributes {
  readonly activate: boolean;
  readonly ridge: number;
}

/**
 * (Zero-inflated) negative binomial on WebGPU: one invocation an element works out the loss and the
 * gradients by mean, dispersion and, with `dropout`, dropout.
 *
 * @returns losses by row and the gradients
 */
export function zinbWebGpu(
  inputs: Readonly<Record<string, tf.Tensor | undefined>>,
  { activate, ridge }: Attributes,
): tf.Tensor[] {
  const { counts, mean, dispersion, dropout, sizeFactors } = inputs as {
    counts: tf.Tensor2D;
    mean: tf.Tensor2D;
    dispersion: tf.Tensor2D;
    dropout?: tf.Tensor2D;
    sizeFactors?: tf.Tensor1D;
  };
  const [rows, columns] = counts.shape;
  const planes = dropout === undefined ? 3 : 4;
  if (counts.size === 0) {
    return [tf.zeros([rows]), ...Array.from({ length: planes - 1 }, () => tf.zerosLike(counts))];
  }
  const variants = [activate && 'activate', dropout && 'inflated', sizeFactors && 'scaled'];
  const packed = runProgram({
    key: ['dance_zinb', ...variants.filter(Boolean)].join('_'),
    inputs: {
      ...{ counts, mean, dispersion },
      ...(dropout && { dropout }),
      ...(sizeFactors && { sizeFactors }),
    },
    uniforms: { columns: int(columns), ...(dropout && { ridge: float(ridge) }) },
    outputShape: [planes, rows, columns],
    invocations: rows * columns,
    declarations: ZINB_FUNCTIONS,
    body: `
      let factor = ${sizeFactors ? 'sizeFactors[index / uniforms.columns]' : '1.0'};
      let mu = ${activate ? 'clampedExp(mean[index])' : 'vec2<f32>(mean[index], 1.0)'};
      let theta = ${
        activate ? 'clampedSoftplus(dispersion[index])' : 'vec2<f32>(dispersion[index], 1.0)'
      };
      let m = mu.x * factor + EPSILON;
      var terms = negativeBinomial(counts[index], m, theta.x + EPSILON);
      ${dropout ? inflate(activate) : ''}
      result[index] = terms.x;
      result[index + uniforms.invocations] = terms.y * mu.y * factor;
      result[index + 2 * uniforms.invocations] = terms.z * theta.y;`,
  });
  const [losses, ...gradients] = tf.unstack(packed) as [tf.Tensor, ...tf.Tensor[]];
  return [tf.sum(losses, 1), ...gradients];
}

function inflate(activate: boolean): string {
  return `
      let pi = ${activate ? 'logistic(dropout[index])' : 'vec3<f32>(dropout[index], 1.0 - dropout[index], 1.0)'};
      let inflated = zeroInflated(counts[index], terms, pi.x, pi.y);
      terms = vec3<f32>(inflated.x + uniforms.ridge * pi.x * pi.x, inflated.yz);
      result[index + 3 * uniforms.invocations] =
        (inflated.w + 2.0 * uniforms.ridge * pi.x) * pi.z;`;
}
