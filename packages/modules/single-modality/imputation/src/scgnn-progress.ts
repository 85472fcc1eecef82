import {
  CsrMatrix,
  DataError,
  DenseMatrix,
  type Bundle,
  type Checkpointer,
  type History,
  type SavedTensor,
} from '@dance-ts/core';
import type { ProgressStore } from '@dance-ts/nn';

const PRETRAINING = 'pretraining';
const ITERATIONS = 'iterations';

/** What is carried from one iteration to the next. */
export interface IterationState {
  /** Iterations done. */
  readonly done: number;
  readonly converged: boolean;
  /** Expression that the next iteration starts from, [nCells, nGenes]. */
  readonly reconstruction: DenseMatrix;
  /** What the cluster autoencoders gave last, [nCells, nGenes]; undefined before the first. */
  readonly imputed: DenseMatrix | undefined;
  /** Latent features of the feature autoencoder, [nCells, latent]. */
  readonly latent: DenseMatrix;
  /** Clusters of the last iteration; undefined before the first. */
  readonly labels: Int32Array | undefined;
  /** Cell graph made of `latent`, and the first one. */
  readonly graph: CsrMatrix;
  readonly firstGraph: CsrMatrix;
  /** Embedding that the next iteration clusters, [nCells, d]. */
  readonly embedding: DenseMatrix;
}

/** The checkpoints of the first training; those of the iterations are not loaded. */
export function pretrainingStore(checkpoint: Checkpointer | undefined): ProgressStore | undefined {
  if (checkpoint === undefined) return undefined;
  return {
    everyEpochs: checkpoint.everyEpochs,
    load: () => savedIn(checkpoint, PRETRAINING),
    save: ({ facts, tensors }) =>
      checkpoint.save({ facts: { ...facts, phase: PRETRAINING }, tensors }),
  };
}

/** Saves what an iteration left, and the weights of the feature autoencoder. */
export async function saveIterations(
  checkpoint: Checkpointer | undefined,
  state: IterationState,
  weights: readonly (readonly [string, SavedTensor])[],
  history: History,
): Promise<void> {
  if (checkpoint === undefined) return;
  const { done, converged, reconstruction, imputed, latent, labels, graph, firstGraph } = state;
  await checkpoint.save({
    facts: { phase: ITERATIONS, done, converged, history },
    tensors: new Map<string, SavedTensor>([
      ...weights,
      ['reconstruction', saved(reconstruction)],
      ['latent', saved(latent)],
      ['embedding', saved(state.embedding)],
      ...(imputed ? [['imputed', saved(imputed)] as const] : []),
      ...(labels ? [['labels', { shape: [labels.length], data: labels }] as const] : []),
      ...savedGraph('graph', graph),
      ...savedGraph('firstGraph', firstGraph),
    ]),
  });
}

/** What an interrupted run of the same fit left of its iterations, if anything. */
export async function resumeIterations(
  checkpoint: Checkpointer | undefined,
): Promise<{ state: IterationState; weights: Bundle['tensors']; history: History } | undefined> {
  const found = checkpoint && (await savedIn(checkpoint, ITERATIONS));
  if (found === undefined) return undefined;
  const { facts, tensors } = found;
  const labels = tensors.get('labels')?.data;
  const state: IterationState = {
    done: facts['done'] as number,
    converged: facts['converged'] === true,
    reconstruction: matrixOf(tensors, 'reconstruction'),
    imputed: tensors.has('imputed') ? matrixOf(tensors, 'imputed') : undefined,
    latent: matrixOf(tensors, 'latent'),
    embedding: matrixOf(tensors, 'embedding'),
    labels: labels instanceof Int32Array ? labels : undefined,
    graph: graphOf(tensors, 'graph'),
    firstGraph: graphOf(tensors, 'firstGraph'),
  };
  return { state, weights: tensors, history: structuredClone(facts['history']) as History };
}

async function savedIn(checkpoint: Checkpointer, phase: string): Promise<Bundle | undefined> {
  const found = await checkpoint.load();
  return found?.facts['phase'] === phase ? found : undefined;
}

function saved({ shape, data }: DenseMatrix): SavedTensor {
  return { shape, data };
}

function savedGraph(name: string, graph: CsrMatrix): [string, SavedTensor][] {
  const { indptr, indices, data } = graph;
  return Object.entries({ indptr, indices, data }).map(([part, values]) => [
    `${name}/${part}`,
    { shape: [values.length], data: values },
  ]);
}

function matrixOf(tensors: Bundle['tensors'], name: string): DenseMatrix {
  const { data, shape: [nRows = 0, nCols = 0] = [] } = tensors.get(name) ?? {};
  if (data instanceof Float32Array) return new DenseMatrix(nRows, nCols, data);
  throw damaged(name);
}

function graphOf(tensors: Bundle['tensors'], name: string): CsrMatrix {
  const part = (which: string): SavedTensor['data'] | undefined =>
    tensors.get(`${name}/${which}`)?.data;
  const [indptr, indices, data] = [part('indptr'), part('indices'), part('data')];
  if (!(indptr instanceof Int32Array && indices instanceof Int32Array)) throw damaged(name);
  if (!(data instanceof Float32Array)) throw damaged(name);
  const n = indptr.length - 1;
  return new CsrMatrix(n, n, indptr, indices, data);
}

function damaged(name: string): DataError {
  return new DataError(`the checkpoint lacks "${name}"`, { remedy: 'Remove it and start again.' });
}
