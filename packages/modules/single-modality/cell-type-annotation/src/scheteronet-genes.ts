import type { DenseMatrix } from '@dance-ts/core';
import * as tf from '@tensorflow/tfjs';
import type { GeneWeight } from './graph-cells.js';
import { argmaxOfRows } from './query-blocks.js';
import { allLogits, type CellInput } from './scheteronet-loss.js';
import type { HeteroNetwork } from './scheteronet-network.js';

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
