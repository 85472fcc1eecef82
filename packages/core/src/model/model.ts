import type { ArtifactStore } from '../artifacts/artifact-store.js';
import {
  loadBundle,
  removeBundle,
  saveBundle,
  sha256Hex,
  type Bundle,
  type Json,
} from '../artifacts/bundle.js';
import type { AnnData } from '../data/anndata.js';
import { DataError, errorMessage, FormatError, NotFittedError, ParamError } from '../errors.js';
import { assertCounts, type Matrix } from '../matrix/matrix.js';
import {
  parseFrozenParams,
  parseParams,
  type ParamInput,
  type ParamSchema,
  type ParamValues,
} from '../params/params.js';
import { throwIfAborted } from '../progress/abort.js';
import { defaultReporter, type Reporter } from '../progress/reporter.js';
import { Rng } from '../random/rng.js';
import type { Task } from './task.js';

/** Where a model comes from. */
export interface Paper {
  readonly authors: string;
  readonly title: string;
  readonly venue: string;
  readonly year: number;
  readonly doi?: string;
}

/** What is declared once about a model; tables, flags and tests are generated from it. */
export interface ModelSpec<
  P extends ParamSchema = ParamSchema,
  F extends ParamSchema = ParamSchema,
  Q extends ParamSchema = ParamSchema,
> {
  /** Lower-case identifier, unique over all tasks. */
  readonly id: string;
  /** Name as in the paper, also the class name. */
  readonly name: string;
  readonly task: Task;
  /** A transductive model labels only the cells it was trained on. */
  readonly inference: 'transductive' | 'inductive';
  /** Kind of network, for tables. */
  readonly backbone: string;
  readonly paper: Paper;
  /** Parameters of the constructor. */
  readonly params: P;
  /** Parameters of `fit`. */
  readonly fitParams: F;
  /** Parameters of the preprocessing pipeline. */
  readonly preprocessParams: Q;
}

/** Loss terms and other values per epoch. */
export type History = Record<string, number[]>;

/** Where and how often a fit saves its progress. */
export interface CheckpointOptions {
  readonly store: ArtifactStore;
  /** Epochs between two checkpoints; default 10. */
  readonly everyEpochs?: number;
}

/** Options of every long-running method. */
export interface RunOptions {
  /** Stops the work with an AbortError. */
  readonly signal?: AbortSignal | undefined;
  /** Receives progress; text on stderr by default. */
  readonly reporter?: Reporter | undefined;
}

/** Options of `fit` beside the fit parameters. */
export interface FitRunOptions extends RunOptions {
  /** Saves progress there, and continues from what an interrupted run of the same fit left. */
  readonly checkpoint?: CheckpointOptions | undefined;
}

/** What the work inside a model receives. */
export interface RunContext {
  readonly signal: AbortSignal | undefined;
  readonly reporter: Reporter;
  readonly rng: Rng;
}

/** Run context of `fit`. */
export interface FitContext extends RunContext {
  readonly checkpoint: Checkpointer | undefined;
}

/** A preprocessing pipeline, as `transforms` builds them. */
export interface Preprocessor {
  /** Returns prepared data; `data` itself stays as it is. */
  apply(data: AnnData, context: RunContext): Promise<AnnData>;
}

const FILE_NAME = 'model';
const CHECKPOINT_NAME = 'checkpoint';

/**
 * Base of every model: parameters, preprocessing, the fit life cycle, saving and loading.
 *
 * A subclass provides the pipeline ({@link pipeline}), the training ({@link train}) and its learned
 * state ({@link captureState}, {@link restoreState}, {@link releaseState}).
 */
export abstract class BaseModel<
  P extends ParamSchema = ParamSchema,
  F extends ParamSchema = ParamSchema,
  Q extends ParamSchema = ParamSchema,
> {
  /** Constructor parameters, defaults filled in. */
  readonly params: Readonly<ParamValues<P>>;
  /** Loss terms and diagnostics, one value an epoch. */
  history: History = {};
  private usedFitParams: Readonly<ParamValues<F>> | undefined;
  private readonly views = new WeakMap<AnnData, AnnData>();

  /** @throws ParamError for an unknown or invalid parameter */
  protected constructor(
    readonly spec: ModelSpec<P, F, Q>,
    params: ParamInput<P> | undefined,
  ) {
    this.params = parseFrozenParams(spec.params, params, spec.name);
  }

  /** True after a successful `fit` or `load`. */
  get isFitted(): boolean {
    return this.usedFitParams !== undefined;
  }

  /** Parameters of the last `fit`, undefined before it. */
  get fitParams(): Readonly<ParamValues<F>> | undefined {
    return this.usedFitParams;
  }

  /**
   * Runs the model's own pipeline on `data` and keeps the result beside it; `data` stays as it is.
   *
   * @throws ParamError; DataError if X is missing or holds values that are not counts
   */
  async preprocess(data: AnnData, options?: ParamInput<Q> & RunOptions): Promise<this> {
    const { run, params } = splitOptions(options);
    const values = parseParams(this.spec.preprocessParams, params, `${this.spec.name}.preprocess`);
    throwIfAborted(run.signal);
    assertCounts(data.X);
    const prepared = await this.pipeline(values).apply(data, this.context(run, 'preprocess'));
    this.views.set(data, prepared);
    return this;
  }

  /** What `preprocess` made of `data`, or `data` itself where it was prepared by other means. */
  prepared(data: AnnData): AnnData {
    return this.views.get(data) ?? data;
  }

  /**
   * Trains on `data` (preprocessed by {@link preprocess} or by hand) and returns the model. A model
   * that was fitted before starts afresh. If training fails or is aborted, the model is left
   * unfitted; a fit that is refused before it starts leaves it as it was.
   *
   * @throws ParamError, DataError, AbortError
   */
  async fit(data: AnnData, options?: ParamInput<F> & FitRunOptions): Promise<this> {
    const { run, params } = splitOptions(options);
    const values = parseFrozenParams(this.spec.fitParams, params, `${this.spec.name}.fit`);
    throwIfAborted(run.signal);
    const checkpoint =
      run.checkpoint === undefined
        ? undefined
        : new Checkpointer(run.checkpoint, await this.fingerprint(values, data));
    const context = { ...this.context(run, 'fit'), checkpoint };
    this.dispose();
    try {
      await this.train(data, values, context);
    } catch (error) {
      this.dispose();
      throw error;
    }
    this.usedFitParams = values;
    await this.clearCheckpoint(context);
    return this;
  }

  /**
   * Writes parameters, weights and everything `predict` needs as JSON and raw numbers.
   *
   * @throws NotFittedError, IoError
   */
  async save(store: ArtifactStore): Promise<void> {
    this.assertFitted('save');
    const state = this.captureState();
    const facts: Bundle['facts'] = {
      model: this.spec.id,
      params: this.params as Json,
      fitParams: this.usedFitParams as Json,
      history: this.history,
      state: state.facts,
    };
    await saveBundle(store, FILE_NAME, { facts, tensors: state.tensors });
  }

  /** Frees everything learned; the model can be fitted again. */
  dispose(): void {
    this.releaseState();
    this.history = {};
    this.usedFitParams = undefined;
  }

  /** `GraphSC({"nClusters":10,...}), fitted`. */
  toString(): string {
    return `${this.spec.name}(${JSON.stringify(this.params)}), ${this.isFitted ? 'fitted' : 'not fitted'}`;
  }

  /** The model's own preprocessing, for the given parameters. */
  protected abstract pipeline(params: ParamValues<Q>): Preprocessor;
  /** Learns from prepared data; on failure the caller disposes of what was built. */
  protected abstract train(
    data: AnnData,
    params: ParamValues<F>,
    context: FitContext,
  ): Promise<void>;
  /** Everything `predict` needs, for saving. */
  protected abstract captureState(): Bundle;
  /** Takes over what {@link captureState} gave. */
  protected abstract restoreState(state: Bundle): Promise<void>;
  /** Frees what was learned, tensors included. */
  protected abstract releaseState(): void;

  /** Fills a new model from a saved one; called by each class's static `load`. */
  protected async restore(bundle: Bundle): Promise<this> {
    await this.restoreState({
      facts: bundle.facts['state'] as Bundle['facts'],
      tensors: bundle.tensors,
    });
    this.history = structuredClone(bundle.facts['history']) as History;
    this.usedFitParams = parseFrozenParams(
      this.spec.fitParams,
      bundle.facts['fitParams'],
      `${this.spec.name}.fit`,
    );
    return this;
  }

  /** @throws {@link NotFittedError} before `fit` */
  protected assertFitted(method: string): void {
    if (this.isFitted) return;
    throw new NotFittedError(`${this.spec.name}.${method} was called before fit`, {
      remedy: 'Call await model.fit(data) first, or load a saved model.',
    });
  }

  /** Context with a random stream of its own for each purpose. */
  protected context(run: RunOptions, purpose: string): RunContext {
    const seed = (this.params as { seed?: number }).seed ?? 0;
    return {
      signal: run.signal,
      reporter: run.reporter ?? defaultReporter(),
      rng: Rng.fromSeed(seed).fork(this.spec.id).fork(purpose),
    };
  }

  /** A checkpoint that cannot be removed is no reason to lose a trained model. */
  private async clearCheckpoint({ checkpoint, reporter }: FitContext): Promise<void> {
    try {
      await checkpoint?.clear();
    } catch (error) {
      const place = checkpoint?.location ?? '';
      const text = `${this.spec.name}: the checkpoint in ${place} stays: ${errorMessage(error)}`;
      reporter.message('warning', text);
    }
  }

  /** What makes a checkpoint that of this fit: model, parameters and data. */
  private async fingerprint(fitParams: ParamValues<F>, data: AnnData): Promise<string> {
    const view = this.prepared(data);
    const names = [view.obsNames, view.varNames].map((list) => list.join('\n'));
    const parts = names.map((text): Uint8Array => new TextEncoder().encode(text));
    const matrices = [
      ...(view.hasX ? [view.X] : []),
      ...view.layers.values(),
      ...view.obsp.values(),
    ];
    for (const matrix of matrices) parts.push(...matrixArrays(matrix).map(bytesOf));
    const hashes = await Promise.all(parts.map(sha256Hex));
    return JSON.stringify([this.spec.id, this.params, fitParams, hashes]);
  }
}

function matrixArrays(matrix: Matrix): (Float32Array | Int32Array)[] {
  return matrix.kind === 'dense' ? [matrix.data] : [matrix.indptr, matrix.indices, matrix.data];
}

function bytesOf(array: Float32Array | Int32Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

/** Saves and finds the progress of one particular fit. */
export class Checkpointer {
  readonly everyEpochs: number;

  constructor(
    private readonly options: CheckpointOptions,
    private readonly fingerprint: string,
  ) {
    this.everyEpochs = options.everyEpochs ?? 10;
    if (!Number.isInteger(this.everyEpochs) || this.everyEpochs < 1) {
      throw new ParamError('checkpoint.everyEpochs', {
        got: String(this.everyEpochs),
        expected: 'an integer >= 1',
      });
    }
  }

  /** Where the checkpoint is, for messages. */
  get location(): string {
    return this.options.store.location;
  }

  /** Replaces the last checkpoint. */
  async save(progress: Bundle): Promise<void> {
    await saveBundle(this.options.store, CHECKPOINT_NAME, {
      facts: { fingerprint: this.fingerprint, progress: progress.facts },
      tensors: progress.tensors,
    });
  }

  /**
   * The progress of an interrupted run of this fit, if there is one.
   *
   * @throws {@link DataError} if the store holds the checkpoint of another fit
   */
  async load(): Promise<Bundle | undefined> {
    if (!(await this.options.store.has(`${CHECKPOINT_NAME}.json`))) return undefined;
    const bundle = await loadBundle(this.options.store, CHECKPOINT_NAME);
    if (bundle.facts['fingerprint'] !== this.fingerprint) {
      throw new DataError(`${this.options.store.location} holds the checkpoint of another fit`, {
        expected: 'the same model, parameters and data',
        remedy: 'Use an empty store, or remove the checkpoint.',
      });
    }
    return { facts: bundle.facts['progress'] as Bundle['facts'], tensors: bundle.tensors };
  }

  /** Removes the checkpoint; called when the fit is done. */
  async clear(): Promise<void> {
    await removeBundle(this.options.store, CHECKPOINT_NAME);
  }
}

/**
 * Reads a saved model's bundle and checks that it belongs to `spec`.
 *
 * @throws {@link FormatError} if it is another model's
 */
export async function loadModelBundle(
  store: ArtifactStore,
  spec: ModelSpec,
): Promise<{ params: Record<string, unknown>; bundle: Bundle }> {
  const bundle = await loadBundle(store, FILE_NAME);
  if (bundle.facts['model'] !== spec.id) {
    throw new FormatError(`${store.location} does not hold a ${spec.name}`, {
      got: `model ${JSON.stringify(bundle.facts['model'])}`,
      expected: `"${spec.id}"`,
    });
  }
  return { params: bundle.facts['params'] as Record<string, unknown>, bundle };
}

function splitOptions(options: (FitRunOptions & Record<string, unknown>) | undefined): {
  run: FitRunOptions;
  params: Record<string, unknown>;
} {
  const { signal, reporter, checkpoint, ...params } = options ?? {};
  return { run: { signal, reporter, checkpoint }, params };
}
