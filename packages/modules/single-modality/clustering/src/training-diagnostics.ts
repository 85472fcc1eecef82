import type { AnnData, DenseMatrix, History } from '@dance-ts/core';
import { gradientCosine, labelsAsClusters, type Gradients } from '@dance-ts/metrics';
import type { ParameterSet } from '@dance-ts/nn';
import * as tf from '@tensorflow/tfjs';
import { z } from 'zod';
import { hardLabels } from './cluster-training.js';

/** Fit parameters of the models that can record {@link recordDiagnostics}. */
export const diagnosticsFitParams = {
  diagnostics: z
    .boolean()
    .default(false)
    .describe(
      'Record feature drift at each update, and feature randomness where there are labels; ' +
        'costs passes over the cells and changes nothing else',
    ),
  truth: z
    .string()
    .optional()
    .describe('Label column of obs, for modelSelection "ari" and for diagnostics only'),
};

/** The losses whose gradients are compared; scalars of the current weights, without noise. */
export interface DiagnosticLosses {
  /** Clustering loss with its target. */
  readonly pseudoSupervised: () => tf.Scalar;
  /** Loss without clusters: reconstruction, likelihood. */
  readonly selfSupervised: () => tf.Scalar;
  /** Clustering loss whose target is {@link trueTarget}; only where there are labels. */
  readonly supervised?: () => tf.Scalar;
}

/**
 * Appends to the history how the clustering loss gets on with the others (Mrabah, Amar, Bouguessa &
 * Diallo, AAAI 2023), as cosines of the angle between gradients by all trainable weights:
 * `featureDrift` with the self-supervised loss (higher: less drift), and `featureRandomness` with
 * the clustering loss of the true labels (higher: less random), which needs labels and so is no
 * criterion for choosing a model.
 */
export async function recordDiagnostics(
  parameters: ParameterSet,
  losses: DiagnosticLosses,
  history: History,
): Promise<void> {
  const variables = parameters.trainable().map(({ variable }) => variable);
  const ofPseudo = await gradientsOf(losses.pseudoSupervised, variables);
  const record = async (name: string, loss: () => tf.Scalar): Promise<void> => {
    const cosine = gradientCosine(ofPseudo, await gradientsOf(loss, variables));
    (history[name] ??= []).push(cosine);
  };
  await record('featureDrift', losses.selfSupervised);
  if (losses.supervised) await record('featureRandomness', losses.supervised);
}

/**
 * The true labels as a target: 1 for the cluster that matches the cell's label best (Hungarian
 * assignment to the most probable clusters), a row of 0 for a cell without label or whose label
 * got no cluster; undefined where the data have no labels.
 *
 * @param logQ - ln q, [nCells, K]
 * @param truth - label column of obs; default that of the label channel
 * @returns [nCells, K]
 * @throws DataError if the named column is missing
 */
export function trueTarget(
  data: AnnData,
  logQ: DenseMatrix,
  truth: string | undefined,
): Float32Array | undefined {
  const { label } = data.channels;
  const key = truth ?? (label?.slot === 'obs' ? label.key : undefined);
  if (key === undefined) return undefined;
  const { codes } = data.labels(key);
  const known = Array.from(codes.keys()).filter((i) => codes[i]! >= 0);
  if (known.length === 0) return undefined;
  const clusters = hardLabels(logQ);
  const matched = labelsAsClusters(
    known.map((i) => codes[i]!),
    known.map((i) => clusters[i]!),
  );
  const target = new Float32Array(logQ.data.length);
  known.forEach((cell, i) => {
    const cluster = matched[i];
    if (typeof cluster === 'number') target[cell * logQ.nCols + cluster] = 1;
  });
  return target;
}

/** Gradients of a loss by the variables; null where it does not depend on one. */
async function gradientsOf(
  loss: () => tf.Scalar,
  variables: readonly tf.Variable[],
): Promise<Gradients> {
  const { value, grads } = tf.variableGrads(loss, [...variables]);
  value.dispose();
  try {
    return await Promise.all(
      variables.map(async ({ name }) => {
        const gradient = grads[name] as tf.Tensor | null | undefined;
        return gradient ? (await gradient.data<'float32'>()).slice() : null;
      }),
    );
  } finally {
    tf.dispose(Object.values(grads).filter((gradient) => (gradient as tf.Tensor | null) !== null));
  }
}
