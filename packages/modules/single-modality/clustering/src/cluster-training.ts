import {
  DataError,
  DenseMatrix,
  Pacer,
  type AnnData,
  type FitContext,
  type History,
  type Rng,
  type SavedTensor,
} from '@dance-ts/core';
import { adjustedRandIndex } from '@dance-ts/metrics';
import {
  targetDistribution,
  TrainingState,
  type Optimizer,
  type ParameterSet,
  type Terms,
} from '@dance-ts/nn';
import { z } from 'zod';
import { truthKey } from './clustering-model.js';
import { phaseCheckpoint, savedProgress, type PhaseTensors } from './training-phase.js';

/** Name of the phase in checkpoints. */
export const CLUSTERING_PHASE = 'clustering';

/** Fit parameters of {@link trainClusters}; a model may give other defaults. */
export const clusterFitParams = {
  updateInterval: z
    .int()
    .min(1)
    .default(1)
    .describe('Epochs between two updates of the soft clusters of all cells'),
  tol: z
    .number()
    .min(0)
    .default(1e-3)
    .describe('Stop when a smaller share of the cells changed its cluster since the last update'),
  modelSelection: z
    .enum(['last', 'loss', 'ari'])
    .default('last')
    .describe('Which epoch is kept; "ari" looks at the labels (oracle)'),
  truth: z.string().optional().describe('Label column of obs, for modelSelection "ari" only'),
};

/** Values of {@link clusterFitParams}, and the number of epochs. */
export interface ClusterFitValues {
  readonly epochs: number;
  readonly updateInterval: number;
  readonly tol: number;
  readonly modelSelection: 'last' | 'loss' | 'ari';
  readonly truth?: string | undefined;
}

/** All cells seen through the current weights. */
export interface SoftAssignment {
  /** [nCells, d] */
  readonly latent: DenseMatrix;
  /** ln q of each cluster, [nCells, K] */
  readonly logQ: DenseMatrix;
}

/** What a pass of training is given. */
export interface ClusterPass {
  readonly epoch: number;
  /** p of all cells, [nCells, K]; a constant of the loss. */
  readonly target: DenseMatrix;
  /** Most probable cluster of each cell when the target was made. */
  readonly labels: Int32Array;
  /** Stream of this epoch. */
  readonly rng: Rng;
  /** To be ticked before each batch. */
  readonly pacer: Pacer;
}

/** p of all cells, [nCells, K], or the end of training. */
export type Target = DenseMatrix | 'stop';

/** Options of {@link trainClusters}. */
export interface ClusterTrainingOptions {
  /** Model name, for progress and messages. */
  readonly owner: string;
  readonly values: ClusterFitValues;
  readonly parameters: ParameterSet;
  readonly optimizer: Optimizer;
  readonly history: History;
  /** Prepared data; read for its labels with `modelSelection: 'ari'` only. */
  readonly data: AnnData;
  /** Embeds and softly assigns all cells with the current weights, without noise. */
  assign(): Promise<SoftAssignment>;
  /** One pass over the cells; returns the mean of each loss term, `loss` among them. */
  pass(input: ClusterPass): Promise<Terms>;
  /**
   * Target p of a soft assignment, or `stop` to end training here; default the target of deep
   * embedded clustering.
   */
  readonly target?: (assignment: SoftAssignment) => Target | Promise<Target>;
  /** What else an interrupted run needs to go on. */
  readonly extra?: {
    /** Saved with each checkpoint. */
    capture(): PhaseTensors;
    /** Receives the tensors of the checkpoint. */
    restore(tensors: ReadonlyMap<string, SavedTensor>): void;
  };
}

/**
 * The clustering phase of the models in the line of deep embedded clustering (Xie et al., 2016):
 * every `updateInterval` epochs the soft clusters of all cells give a new target; training stops
 * after `epochs`, or once less than `tol` of the cells changed their cluster between two updates.
 *
 * History: `changed`, the share of changed cells at each update from the second on, `ari` at each
 * update and at the end where the user asked to look at the labels, and each loss term once an
 * epoch. A warning tells of clusters that are left without cells.
 *
 * @returns the soft assignment of the weights that are kept, which are left in `parameters`
 * @throws AbortError within one batch, DataError if a loss term is not finite
 */
export async function trainClusters(
  options: ClusterTrainingOptions,
  context: FitContext,
): Promise<SoftAssignment> {
  return new ClusterTraining(options, context).run();
}

class ClusterTraining {
  private readonly state: TrainingState;
  private target: DenseMatrix | undefined;
  private labels: Int32Array | undefined;

  constructor(
    private readonly options: ClusterTrainingOptions,
    private readonly context: FitContext,
  ) {
    const { parameters, optimizer, history } = options;
    this.state = new TrainingState(parameters, optimizer, history);
  }

  async run(): Promise<SoftAssignment> {
    const { owner, values, history } = this.options;
    const { checkpoint, rng, reporter, signal } = this.context;
    const { epochs, updateInterval, modelSelection } = values;
    const ownCheckpoint = phaseCheckpoint(checkpoint, CLUSTERING_PHASE, () => this.progress());
    const firstEpoch = await this.resume();
    const pacer = new Pacer(signal);
    for (let epoch = firstEpoch; epoch < epochs; epoch++) {
      await pacer.tick();
      if (epoch % updateInterval === 0 && (await this.update())) break;
      const terms = await this.pass(epoch, rng.fork(`epoch-${epoch}`), pacer);
      for (const [name, mean] of Object.entries(terms)) (history[name] ??= []).push(mean);
      if (modelSelection === 'loss') await this.state.offer(-(terms['loss'] ?? NaN));
      reporter.progress({ task: `${owner}: epoch`, done: epoch + 1, total: epochs, values: terms });
      await this.state.saveIfDue(ownCheckpoint, epoch);
    }
    const assignment = await this.selected();
    this.warnOfEmptyClusters(assignment);
    return assignment;
  }

  /** New target from the current weights; true if the clusters have settled. */
  private async update(): Promise<boolean> {
    const { values, history, target = decTarget } = this.options;
    const assignment = await this.options.assign();
    const labels = hardLabels(assignment.logQ);
    const changed = this.labels === undefined ? undefined : changedShare(this.labels, labels);
    if (changed !== undefined) (history['changed'] ??= []).push(changed);
    this.labels = labels;
    if (values.modelSelection === 'ari') await this.offerAri(labels);
    if (changed !== undefined && changed < values.tol) return true;
    const next = await target(assignment);
    if (next === 'stop') return true;
    this.target = next;
    return false;
  }

  private async pass(epoch: number, rng: Rng, pacer: Pacer): Promise<Terms> {
    const { target, labels } = this;
    if (target === undefined || labels === undefined) {
      throw new DataError(`${this.options.owner}: the checkpoint holds no target`, {
        remedy: 'Remove the checkpoint and fit again.',
      });
    }
    const terms = await this.options.pass({ epoch, target, labels, rng, pacer });
    const bad = Object.entries(terms).find(([, value]) => !Number.isFinite(value));
    if (bad === undefined) return terms;
    throw new DataError(`${this.options.owner}: ${bad[0]} is not finite in epoch ${epoch}`, {
      got: String(bad[1]),
      remedy: 'Lower the learning rate or check the data for extreme values.',
    });
  }

  /** The assignment of the last weights or of the best ones. */
  private async selected(): Promise<SoftAssignment> {
    const assignment = await this.options.assign();
    const { modelSelection } = this.options.values;
    if (modelSelection === 'last') return assignment;
    if (modelSelection === 'ari') await this.offerAri(hardLabels(assignment.logQ));
    this.state.restoreBest();
    return this.options.assign();
  }

  private warnOfEmptyClusters({ logQ }: SoftAssignment): void {
    const nUsed = new Set(hardLabels(logQ)).size;
    if (nUsed === Math.min(logQ.nCols, logQ.nRows)) return;
    const text = `${this.options.owner}: only ${nUsed} of ${logQ.nCols} clusters have cells`;
    this.context.reporter.message('warning', text);
  }

  private async offerAri(labels: Int32Array): Promise<void> {
    const { data, values, history } = this.options;
    const ari = adjustedRandIndexOfKnown(data.labels(truthKey(data, values.truth)).codes, labels);
    (history['ari'] ??= []).push(ari);
    await this.state.offer(ari);
  }

  private async resume(): Promise<number> {
    const { checkpoint } = this.context;
    const saved = await savedProgress(checkpoint, CLUSTERING_PHASE);
    const labels = saved?.tensors.get('clusters/labels');
    const target = saved?.tensors.get('clusters/target');
    if (labels?.data instanceof Int32Array) this.labels = labels.data;
    if (target?.data instanceof Float32Array) {
      const [nCells = 0, nClusters = 0] = target.shape;
      this.target = new DenseMatrix(nCells, nClusters, target.data);
    }
    if (saved !== undefined) this.options.extra?.restore(saved.tensors);
    return this.state.resume(phaseCheckpoint(checkpoint, CLUSTERING_PHASE));
  }

  private progress(): PhaseTensors {
    const { labels, target } = this;
    if (labels === undefined || target === undefined) return [];
    return [
      ...(this.options.extra?.capture() ?? []),
      ['clusters/labels', { shape: [labels.length], data: labels }],
      ['clusters/target', { shape: target.shape, data: target.data }],
    ];
  }
}

/** Target of deep embedded clustering, see `targetDistribution`. */
export function decTarget({ logQ }: SoftAssignment): DenseMatrix {
  return new DenseMatrix(logQ.nRows, logQ.nCols, targetDistribution(logQ.data, logQ.nCols));
}

/** Column of the largest value of each row; the first of equal ones. */
export function hardLabels(scores: DenseMatrix): Int32Array {
  return Int32Array.from({ length: scores.nRows }, (_, i) => {
    const row = scores.row(i);
    let best = 0;
    row.forEach((value, k) => {
      if (value > row[best]!) best = k;
    });
    return best;
  });
}

/** Probabilities of their logarithms. */
export function probabilitiesOf(logQ: DenseMatrix): DenseMatrix {
  return new DenseMatrix(logQ.nRows, logQ.nCols, logQ.data.map(Math.exp));
}

/** Share of the positions at which two labelings differ. */
export function changedShare(before: Int32Array, after: Int32Array): number {
  let changed = 0;
  after.forEach((label, i) => {
    if (label !== before[i]) changed += 1;
  });
  return changed / Math.max(1, after.length);
}

/** ARI over the cells that have a label. */
function adjustedRandIndexOfKnown(truth: Int32Array, labels: Int32Array): number {
  const known = Array.from(truth.keys()).filter((i) => truth[i]! >= 0);
  return adjustedRandIndex(
    known.map((i) => truth[i]!),
    known.map((i) => labels[i]!),
  );
}
