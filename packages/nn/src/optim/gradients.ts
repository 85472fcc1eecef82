import * as tf from '@tensorflow/tfjs';
import { currentHost } from '../backend/host.js';

/** Values of named loss terms; `loss` is the one that is minimized. */
export type LossTerms = Readonly<Record<'loss', tf.Scalar>> & Readonly<Record<string, tf.Scalar>>;

/** Loss terms and the gradients of `loss`; all tensors belong to the caller. */
export interface TermGradients {
  readonly terms: Readonly<Record<string, tf.Scalar>>;
  /** One a variable, undefined if the loss does not depend on it. */
  readonly gradients: readonly (tf.Tensor | undefined)[];
}

/**
 * Differentiates the term `loss`. Leaves no tensor behind if `compute` throws: TensorFlow.js keeps
 * what it saved for the gradient then.
 */
export function termGradients(
  compute: () => LossTerms,
  variables: readonly tf.Variable[],
): TermGradients {
  const others: Record<string, tf.Scalar> = {};
  try {
    const { value, grads } = tf.variableGrads(() => {
      const { loss, ...rest } = compute();
      for (const [name, term] of Object.entries(rest)) others[name] = tf.keep(tf.clone(term));
      return loss;
    }, [...variables]);
    const gradients = variables.map(
      ({ name }) => (grads[name] as tf.Tensor | null | undefined) ?? undefined,
    );
    return { terms: { loss: value, ...others }, gradients };
  } catch (error) {
    tf.dispose(others);
    abandonTape();
    throw error;
  }
}

function abandonTape(): void {
  const { state } = tf.engine() as unknown as {
    state: { activeTape: { saved?: tf.Tensor[] }[] | null; gradientDepth: number };
  };
  for (const { saved } of state.activeTape ?? []) tf.dispose(saved ?? []);
  state.activeTape = null;
  state.gradientDepth = 0;
}

/** How gradients are limited before a step. */
export interface Clipping {
  /** Scale all gradients together so that their Euclidean norm is at most this. */
  readonly clipNorm?: number | undefined;
  /** Cut each element to [-clipValue, clipValue]. */
  readonly clipValue?: number | undefined;
}

/**
 * Limits the gradients; with the norm, by min(1, clipNorm / (norm + 1e-6)) as PyTorch's
 * `clip_grad_norm_`.
 *
 * @returns new tensors (or the same, if nothing is asked for)
 */
export async function clipGradients(
  gradients: readonly (tf.Tensor | undefined)[],
  { clipNorm, clipValue }: Clipping,
): Promise<readonly (tf.Tensor | undefined)[]> {
  if (clipValue !== undefined) {
    return gradients.map((gradient) => gradient && tf.clipByValue(gradient, -clipValue, clipValue));
  }
  if (clipNorm === undefined) return gradients;
  const norm = Math.sqrt(await sumOfSquares(gradients));
  const factor = Math.min(1, clipNorm / (norm + 1e-6));
  return gradients.map((gradient) => gradient && tf.mul(gradient, factor));
}

async function sumOfSquares(gradients: readonly (tf.Tensor | undefined)[]): Promise<number> {
  const host = currentHost();
  let sum = 0;
  for (const gradient of gradients) {
    if (gradient === undefined) continue;
    const values = host ? host.view(tf.backend(), gradient) : await gradient.data<'float32'>();
    for (const value of values) sum += value * value;
  }
  return sum;
}
