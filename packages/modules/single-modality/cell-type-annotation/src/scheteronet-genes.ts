import { DataError, Rng, type AnnData, type DenseMatrix, type SavedTensor } from '@dance-ts/core';
import type { ScoreNetwork } from '@dance-ts/nn';
import * as tf from '@tensorflow/tfjs';
import { nothingToExplain, type ClassToExplain } from './explainable-model.js';
import { NETWORK_PREFIX, type GeneWeight, type TrainedGraph } from './graph-cells.js';
import { argmaxOfRows } from './query-blocks.js';
import { allLogits, readCellInput, type CellInput } from './scheteronet-loss.js';
import { HeteroNetwork, type HeteroNetworkOptions } from './scheteronet-network.js';

/**
 * The genes that speak most for each class, by gradient times input. Of the cells that are given a
 * class, the mean margin (its logit less the mean logit) is taken; a gene's weight is the sum over
 * all cells of their expression times the derivative of that margin. The embedding is linear in the
 * expression, so that this is sum_k W_gk dm/dW_gk.
 *
 * @param logits - [nCells, nClasses] of the trained network
 * @param names - names of the genes
 * @returns by class, at most nGenes with weights above 0, the largest first; none for a class that
 *   no cell is given
 */
export async function genesOfClasses(
  network: HeteroNetwork,
  input: CellInput,
  logits: DenseMatrix,
  names: readonly string[],
  nGenes: number,
): Promise<GeneWeight[][]> {
  const codes = argmaxOfRows(logits);
  const genes: GeneWeight[][] = [];
  for (let code = 0; code < logits.nCols; code++) {
    const members = codes.reduce((n, own) => n + (own === code ? 1 : 0), 0);
    if (members === 0) {
      genes.push([]);
      continue;
    }
    const weights = await weightsOf(network, input, marginSelector(codes, code, logits.nCols));
    const speaking = Int32Array.from(weights.keys()).filter((g) => weights[g]! > 0);
    const strongest = speaking.sort((a, b) => weights[b]! - weights[a]!).subarray(0, nGenes);
    genes.push(
      Array.from(strongest, (g) => ({
        gene: names[g]!,
        weight: Math.fround(weights[g]! / members),
      })),
    );
  }
  return genes;
}

/** [nGenes] sum_k W_gk dm/dW_gk, with m the sum of the selected logits. */
async function weightsOf(
  network: HeteroNetwork,
  input: CellInput,
  selector: Float32Array,
): Promise<Float32Array> {
  const { variable } = network.embedding;
  const weights = tf.tidy(() => {
    const selected = (): tf.Scalar => {
      const logits = allLogits(network, input);
      return tf.sum(tf.mul(logits, tf.tensor(selector, logits.shape)));
    };
    const { grads } = tf.variableGrads(selected, [variable]);
    return tf.sum(tf.mul(variable, Object.values(grads)[0]!), 1);
  });
  try {
    return (await weights.data()) as Float32Array;
  } finally {
    weights.dispose();
  }
}

/** [nCells, nClasses] factors that make the sum over members of logit less mean logit. */
function marginSelector(codes: Int32Array, code: number, nClasses: number): Float32Array {
  const selector = new Float32Array(codes.length * nClasses);
  codes.forEach((own, i) => {
    if (own !== code) return;
    for (let c = 0; c < nClasses; c++) {
      selector[i * nClasses + c] = (c === code ? 1 : 0) - 1 / nClasses;
    }
  });
  return selector;
}

/** Weights of a network but for the decoder of counts, which no logit depends on. */
export async function classifierWeights(network: HeteroNetwork): Promise<[string, SavedTensor][]> {
  const all = await network.parameters.capture(NETWORK_PREFIX);
  return all.filter(([name]) => !/^network\/(decoder|heads)\//.test(name));
}

/**
 * The trained network as a function of the expression of all cells on the fixed graph, and the
 * margins it gave the explained cells.
 *
 * @throws DataError if the data are not those of the fit, prepared as they were then
 */
export function heteroScores(
  options: Omit<HeteroNetworkOptions, 'nGenes' | 'nClasses' | 'decoder'>,
  prepared: AnnData,
  { logits, weights }: TrainedGraph,
  { owner, code, rows }: ClassToExplain,
): { readonly network: ScoreNetwork; readonly margins: Float32Array } {
  if (weights.length === 0) throw nothingToExplain(owner);
  const remedy = 'Prepare all the data given to fit with the options used then.';
  if (prepared.nObs !== logits.nRows) {
    throw new DataError(`${owner}.explain: these are not the prepared cells of the fit`, {
      ...{ got: `${prepared.nObs} cells`, expected: String(logits.nRows), remedy },
    });
  }
  const { x, graphs } = readCellInput(prepared, false);
  const sizes = { nGenes: prepared.nVars, nClasses: logits.nCols, decoder: false };
  const network = new HeteroNetwork({ ...options, ...sizes }, Rng.fromSeed(0));
  const dispose = (): void => {
    network.parameters.dispose();
  };
  try {
    network.parameters.restore(new Map(weights), NETWORK_PREFIX);
  } catch (cause) {
    dispose();
    const summary = `${owner}.explain: the data have other genes than those of the fit`;
    throw new DataError(summary, { remedy, cause });
  }
  const margins = Float32Array.from(rows, (row) => {
    const own = logits.row(row);
    return own[code]! - own.reduce((sum, logit) => sum + logit, 0) / own.length;
  });
  const scores = (all: tf.Tensor2D): tf.Tensor2D => network.classify(network.hidden(all, graphs));
  return { network: { features: x.matrix, joint: true, scores, dispose }, margins };
}
