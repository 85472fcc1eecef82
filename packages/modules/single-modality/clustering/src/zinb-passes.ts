import type { Rng } from '@dance-ts/core';
import { cannotLinkLoss, decKl, mustLinkLoss, type Optimizer, type Terms } from '@dance-ts/nn';
import type { CellPair } from '@dance-ts/transforms';
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

/** A pass over pairs of cells. */
export interface PairPass extends Pick<ClusterPass, 'rng' | 'pacer'> {
  readonly pairs: readonly CellPair[];
  readonly batchSize: number;
  /** Factor on the loss of the links. */
  readonly weight: number;
}

/**
 * One pass over the pairs that must be linked, a step a batch, on the loss weight x must-link +
 * ZINB of both sides.
 *
 * @returns mean over pairs of `mustLink`; nothing without pairs
 */
export async function mustLinkPass(
  network: ZinbClusterNetwork,
  optimizer: Optimizer,
  { weight, ...input }: PairPass,
): Promise<Terms> {
  return pairPass('mustLink', input, (first, second, rng) => {
    const a = network.cells.take(first);
    const b = network.partners.take(second);
    return optimizer.minimizeTerms(() => {
      const logQ = ({ x }: CellBatch): tf.Tensor2D => network.logQ(network.encode(x));
      const mustLink = mustLinkLoss(logQ(a), logQ(b)) as tf.Scalar;
      const zinb = tf.add(network.zinb(a, rng.fork('first')), network.zinb(b, rng.fork('second')));
      return { loss: tf.add<tf.Scalar>(tf.mul(mustLink, weight), zinb), mustLink };
    });
  });
}

/**
 * One pass over the pairs that cannot be linked, a step a batch, on the loss weight x cannot-link.
 *
 * @returns mean over pairs of `cannotLink`; nothing without pairs
 */
export async function cannotLinkPass(
  network: ZinbClusterNetwork,
  optimizer: Optimizer,
  { weight, ...input }: PairPass,
): Promise<Terms> {
  return pairPass('cannotLink', input, (first, second) => {
    const a = network.cells.takeExpression(first);
    const b = network.partners.takeExpression(second);
    return optimizer.minimizeTerms(() => {
      const logQ = (x: tf.Tensor2D): tf.Tensor2D => network.logQ(network.encode(x));
      const cannotLink = cannotLinkLoss(logQ(a), logQ(b)) as tf.Scalar;
      return { loss: tf.mul<tf.Scalar>(cannotLink, weight), cannotLink };
    });
  });
}

/** Steps over batches of pairs; the mean over pairs of one of their terms. */
async function pairPass(
  term: string,
  { pairs, batchSize, rng, pacer }: Omit<PairPass, 'weight'>,
  step: (first: Int32Array, second: Int32Array, rng: Rng) => Promise<Terms>,
): Promise<Terms> {
  const sums = new MeanTerms();
  for (const [b, indices] of sequentialBatches(pairs.length, batchSize).entries()) {
    await pacer.tick();
    const side = (k: 0 | 1): Int32Array => indices.map((i) => pairs[i]![k]);
    const { [term]: value = NaN } = await step(side(0), side(1), rng.fork(`batch-${b}`));
    sums.add({ [term]: value }, indices.length);
  }
  return sums.means();
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
