import {
  DataError,
  loadBundle,
  saveBundle,
  sha256Hex,
  type AnnData,
  type ArtifactStore,
  type Bundle,
  type FitContext,
  type History,
  type Json,
  type ParamSchema,
  type ParamValues,
} from '@dance-ts/core';
import type { ParameterSet } from '@dance-ts/nn';
import { z } from 'zod';
import { SoftClusteringModel } from './clustering-model.js';

/** Fit parameters every pre-trained model has; epochs, rates and batch sizes are its own. */
export const pretrainFitParams = {
  forcePretrain: z
    .boolean()
    .default(true)
    .describe('Pre-train again even if the pre-training store holds weights of the same settings'),
};

/** Options of {@link PretrainedClusteringModel.pretrained}. */
export interface PretrainingOptions {
  readonly parameters: ParameterSet;
  /** Prepared data. */
  readonly data: AnnData;
  /** Fit parameters on which pre-training depends. */
  readonly settings: Readonly<Record<string, Json>>;
  readonly forcePretrain: boolean;
  /** Pre-trains the parameters. */
  readonly train: () => Promise<void>;
}

const BUNDLE_NAME = 'pretrained';

/**
 * Base of the soft clustering models that pre-train an autoencoder. Pre-trained weights can be kept
 * in a store and used again, so that clustering settings are tried without pre-training each time:
 *
 * ```ts
 * model.keepPretraining(store);
 * await model.fit(data);                          // pre-trains and saves
 * await model.fit(data, { lr: 0.1, forcePretrain: false }); // loads
 * ```
 *
 * So does a new model with the same store and, for instance, another number of clusters.
 */
export abstract class PretrainedClusteringModel<
  P extends ParamSchema,
  F extends ParamSchema,
  Q extends ParamSchema,
> extends SoftClusteringModel<P, F, Q> {
  /** Constructor parameters on which pre-training does not depend, beside the device. */
  protected abstract readonly clusteringParams: readonly (keyof ParamValues<P> & string)[];
  private pretrainStore: ArtifactStore | undefined;

  /**
   * From now on `fit` saves pre-trained weights in this store and, with `forcePretrain: false`,
   * takes them from there; without a store each fit pre-trains and keeps nothing.
   */
  keepPretraining(store: ArtifactStore | undefined): this {
    this.pretrainStore = store;
    return this;
  }

  /**
   * Pre-trains, or takes the weights of an earlier pre-training with the same parameters, settings
   * and data.
   *
   * @throws DataError if the store holds weights of another pre-training; IoError, FormatError
   */
  protected async pretrained(options: PretrainingOptions, context: FitContext): Promise<void> {
    const { parameters, forcePretrain, train } = options;
    const store = this.pretrainStore;
    if (store === undefined) {
      await train();
      return;
    }
    const fingerprint = await this.pretrainingFingerprint(options);
    if (!forcePretrain && (await store.has(`${BUNDLE_NAME}.json`))) {
      const saved = await loadBundle(store, BUNDLE_NAME);
      this.assertSamePretraining(saved, fingerprint, store);
      parameters.restore(saved.tensors);
      Object.assign(this.history, structuredClone(saved.facts['history']) as History);
      const text = `${this.spec.name}: pre-trained weights from ${store.location}`;
      context.reporter.message('info', text);
      return;
    }
    await train();
    await saveBundle(store, BUNDLE_NAME, {
      facts: { fingerprint, history: structuredClone(this.history) },
      tensors: new Map(await parameters.capture()),
    });
  }

  private assertSamePretraining(saved: Bundle, fingerprint: string, store: ArtifactStore): void {
    if (saved.facts['fingerprint'] === fingerprint) return;
    throw new DataError(`${store.location} holds pre-trained weights of another fit`, {
      expected: `the same ${this.spec.name} parameters, pre-training settings and data`,
      remedy: 'Set forcePretrain to true, or use an empty store.',
    });
  }

  /** What makes pre-trained weights those of this model, these settings and these data. */
  private async pretrainingFingerprint({ data, settings }: PretrainingOptions): Promise<string> {
    const others: readonly string[] = ['device', ...this.clusteringParams];
    const params = Object.entries(this.params).filter(([name]) => !others.includes(name));
    const arrays: (Float32Array | Int32Array)[] = [];
    for (const matrix of [...(data.hasX ? [data.X] : []), ...data.layers.values()]) {
      if (matrix.kind === 'csr') arrays.push(matrix.indptr, matrix.indices);
      arrays.push(matrix.data);
    }
    const bytes = arrays.map((a) => new Uint8Array(a.buffer, a.byteOffset, a.byteLength));
    bytes.push(new TextEncoder().encode([...data.obsNames, ...data.varNames].join('\n')));
    const hashes = await Promise.all(bytes.map(sha256Hex));
    return JSON.stringify([this.spec.id, params, settings, hashes]);
  }
}
