import type { Rng } from '@dance-ts/core';
import { decKl, type Optimizer, type Terms } from '@dance-ts/nn';
import * as tf from '@tensorflow/tfjs';
import type { ClusterPass } from './cluster-training.js';
import { sequentialBatches, type CellBatch, type ZinbClusterNetwork } from './zinb-network.js';

/**
 * One pass over all cells in their order, a step a batch, on the loss ZINB + gamma KL(p || q).
 *
 * @returns means over cells of `loss`, `zinb` and `kl`
 */
export async function clusteringPass(
  network: ZinbClusterNetwork,
  optimizer: Optimizer,
  { target, rng, pacer }: ClusterPass,
  { batchSize, gamma }: { batchSize: number; gamma: number },
): Promise<Terms> {
  const sums = new MeanTerms();
  for (const [b, indices] of sequentialBatches(network.nCells, batchSize).entries()) {
    await pacer.tick();
    const batch = network.cells.take(indices);
    const own = target.selectRows(indices);
    const stream = rng.fork(`batch-${b}`);
    const terms = await optimizer.minimizeTerms(() => {
      const p = tf.tensor2d(own.data, [own.nRows, own.nCols]);
      return clusteringTerms(network, batch, p, gamma, stream);
    });
    sums.add(terms, indices.length);
  }
  return sums.means();
}

function clusteringTerms(
  network: ZinbClusterNetwork,
  batch: CellBatch,
  p: tf.Tensor2D,
  gamma: number,
  rng: Rng,
): { loss: tf.Scalar; zinb: tf.Scalar; kl: tf.Scalar } {
  const zinb = network.zinb(batch, rng);
  const kl = decKl(p, network.logQ(network.encode(batch.x))) as tf.Scalar;
  return { loss: tf.add(zinb, tf.mul(kl, gamma)), zinb, kl };
}

/** Means of loss terms over batches, weighted by their sizes. */
export class MeanTerms {
  private readonly sums = new Map<string, number>();
  private weight = 0;

  /** Adds the means over a batch of `size` items. */
  add(terms: Terms, size: number): void {
    this.weight += size;
    for (const [name, value] of Object.entries(terms)) {
      this.sums.set(name, (this.sums.get(name) ?? 0) + value * size);
    }
  }

  /** Means over all items added. */
  means(): Terms {
    return Object.fromEntries([...this.sums].map(([name, sum]) => [name, sum / this.weight]));
  }
}
