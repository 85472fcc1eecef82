import { z } from 'zod';
import type { ArtifactStore } from '../artifacts/artifact-store.js';
import type { Bundle } from '../artifacts/bundle.js';
import type { AnnData } from '../data/anndata.js';
import {
  BaseModel,
  loadModelBundle,
  type FitContext,
  type ModelSpec,
  type Preprocessor,
} from '../model/model.js';
import { defineParams, type ParamInput, type ParamValues } from '../params/params.js';
import { throwIfAborted } from '../progress/abort.js';

const params = defineParams({
  scale: z.number().min(0).default(1),
  dims: z.array(z.int()).default([8, 4]),
  seed: z.int().default(0),
});
const fitParams = defineParams({ epochs: z.int().min(0).default(4), lr: z.number().default(0.5) });
const preprocessParams = defineParams({ factor: z.number().default(2) });

/** One weight a gene, moved at random towards the gene's mean in every epoch. */
export class Toy extends BaseModel<typeof params, typeof fitParams, typeof preprocessParams> {
  static readonly spec: ModelSpec<typeof params, typeof fitParams, typeof preprocessParams> = {
    id: 'toy',
    name: 'Toy',
    task: 'clustering',
    inference: 'inductive',
    backbone: 'none',
    paper: { authors: 'A', title: 'T', venue: 'V', year: 2020 },
    params,
    fitParams,
    preprocessParams,
  };
  /** Called at the start of each epoch; tests abort or throw here. */
  onEpoch: (epoch: number) => void = () => undefined;
  /** Epochs trained, over all fits. */
  epochsTrained = 0;
  private weights: Float32Array | undefined;

  constructor(input?: ParamInput<typeof params>) {
    super(Toy.spec, input);
  }

  static async load(store: ArtifactStore): Promise<Toy> {
    const saved = await loadModelBundle(store, Toy.spec);
    return new Toy(saved.params).restore(saved.bundle);
  }

  /** True while the model holds something that needs freeing. */
  get holdsState(): boolean {
    return this.weights !== undefined;
  }

  /** The weights times `scale`. */
  predict(): number[] {
    this.assertFitted('predict');
    return Array.from(this.weights ?? [], (weight) => weight * this.params.scale);
  }

  protected override pipeline({ factor }: ParamValues<typeof preprocessParams>): Preprocessor {
    return {
      apply: (data, context) => {
        throwIfAborted(context.signal);
        const view = data.view();
        view.X = data.X.mapData((value) => factor * value);
        return Promise.resolve(view);
      },
    };
  }

  protected override async train(
    data: AnnData,
    { epochs, lr }: ParamValues<typeof fitParams>,
    { signal, rng, checkpoint, reporter }: FitContext,
  ): Promise<void> {
    const view = this.prepared(data);
    const means = view.X.columnSums().map((sum) => sum / view.nObs);
    const weights = Float32Array.from(means, () => rng.fork('init').normal());
    this.weights = weights;
    const progress = await checkpoint?.load();
    if (progress !== undefined) {
      weights.set(progress.tensors.get('weights')?.data ?? []);
      this.history['distance'] = [...(progress.facts['distance'] as number[])];
    }
    const history = (this.history['distance'] ??= []);
    for (let epoch = history.length; epoch < epochs; epoch++) {
      throwIfAborted(signal);
      this.onEpoch(epoch);
      const draw = rng.fork(`epoch-${epoch}`);
      weights.forEach((weight, j) => {
        weights[j] = weight + lr * draw.uniform() * (means[j]! - weight);
      });
      history.push(weights.reduce((sum, weight, j) => sum + Math.abs(weight - means[j]!), 0));
      this.epochsTrained += 1;
      reporter.progress({ task: 'Toy: epoch', done: epoch + 1, total: epochs });
      if (checkpoint !== undefined && (epoch + 1) % checkpoint.everyEpochs === 0) {
        const tensors = new Map([['weights', { shape: [weights.length], data: weights }]]);
        await checkpoint.save({ facts: { distance: history }, tensors });
      }
    }
  }

  protected override captureState(): Bundle {
    const data = this.weights ?? new Float32Array(0);
    return {
      facts: { kind: 'toy' },
      tensors: new Map([['weights', { shape: [data.length], data }]]),
    };
  }

  protected override async restoreState(state: Bundle): Promise<void> {
    this.weights = state.tensors.get('weights')?.data as Float32Array;
    return Promise.resolve();
  }

  protected override releaseState(): void {
    this.weights = undefined;
  }
}
