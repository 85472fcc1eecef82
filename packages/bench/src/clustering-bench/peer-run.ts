import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  DataError,
  loadBundle,
  MemoryStore,
  type AnnData,
  type BaseModel,
  type Matrix,
  type SavedTensor,
} from '@dance-ts/core';
import {
  readCellFeatureGraph,
  readGeneNeighborGraph,
  readNeighborGraph,
} from '@dance-ts/transforms';
import { npz, type NpyArray } from '../npz.js';
import { runPeer } from '../python-peer.js';

/** What a peer says of its run. */
export interface PeerRun {
  /** Cluster of each cell it was given. */
  readonly labels: readonly number[];
  /** Loss terms by epoch, named as in our history. */
  readonly history: Readonly<Record<string, readonly number[]>>;
  /** Processor seconds at the end of each clustering epoch; empty where it does not tell. */
  readonly clock: readonly number[];
}

type Arrays = Readonly<Record<string, NpyArray>>;

/** Whether there is an independent implementation of a clustering model. */
export function hasClusteringPeer(model: string): boolean {
  return existsSync(scriptOf(model));
}

/**
 * Runs the Python implementation of a clustering model.
 *
 * @param python - a Python with the packages of `peers/requirements.txt`
 * @param arrays - see {@link peerArrays}; what a run draws can be handed over as well
 * @param weights - initial weights, see {@link networkWeights}; centers among them are left out
 * @param options - parameters of the model and of its fit; `seed`
 * @throws IoError if the peer fails
 */
export async function clusteringPeer(
  python: string,
  model: string,
  arrays: Arrays,
  weights: ReadonlyMap<string, SavedTensor>,
  options: Readonly<Record<string, unknown>>,
): Promise<PeerRun> {
  const initial = [...weights].filter(([name]) => name !== 'centers');
  const parameters = initial.map(([name, tensor]) => [`parameter/${name}`, tensor] as const);
  const input = npz({ ...arrays, ...Object.fromEntries(parameters) });
  const program = { model, script: scriptOf(model), output: 'output.json' };
  const output = await runPeer(python, program, input, options);
  return JSON.parse(new TextDecoder().decode(output)) as PeerRun;
}

/** Weights of the network of a fitted model by name. */
export async function networkWeights(model: BaseModel): Promise<Map<string, SavedTensor>> {
  const store = new MemoryStore();
  await model.save(store);
  const { tensors } = await loadBundle(store, 'model');
  const own = [...tensors].filter(([name]) => name.startsWith('network/'));
  return new Map(own.map(([name, tensor]) => [name.slice('network/'.length), tensor]));
}

/**
 * What the peer of a model reads of data its pipeline prepared: expression, counts and total counts,
 * and the graphs it uses.
 */
export function peerArrays(model: string, prepared: AnnData): Record<string, NpyArray> {
  switch (model) {
    case 'graphsc':
      return cellGeneGraph(prepared);
    case 'scgpcl':
      return { ...expression(prepared), x: centered(prepared) };
    case 'scag2e': {
      const { indptr, indices } = readGeneNeighborGraph(prepared);
      return {
        ...expression(prepared),
        ...cellGraph(prepared),
        ...{ geneIndptr: indptr, geneIndices: indices },
      };
    }
    case 'scdsc':
    case 'sctag':
    case 'sctpf':
      return { ...expression(prepared), ...cellGraph(prepared) };
    default:
      return expression(prepared);
  }
}

function expression(prepared: AnnData): Record<string, NpyArray> {
  const counts = prepared.layers.get('counts');
  if (counts === undefined) throw new DataError('the prepared data hold no counts');
  const totals = Float64Array.from(numbersOf(prepared.obs, 'n_counts'));
  return { x: dense(prepared.X), counts: dense(counts), totals };
}

function cellGraph(prepared: AnnData): Record<string, NpyArray> {
  const { indptr, indices, data: weights } = readNeighborGraph(prepared);
  return { indptr, indices, weights };
}

function cellGeneGraph(prepared: AnnData): Record<string, NpyArray> {
  const { toCell, geneFeatures, cellFeatures } = readCellFeatureGraph(prepared);
  const { indptr, indices, data } = toCell;
  return { indptr, indices, data, geneFeatures, cellFeatures };
}

/** Expression that scGPCL centers without making it dense. */
function centered(prepared: AnnData): NpyArray {
  const { shape, data } = dense(prepared.X);
  const means = numbersOf(prepared.var, 'mean');
  const deviations = numbersOf(prepared.var, 'std');
  const nGenes = prepared.nVars;
  const values = data.map((value, e) => value - means[e % nGenes]! / deviations[e % nGenes]!);
  return { shape, data: values };
}

function numbersOf(table: AnnData['obs'], name: string): ArrayLike<number> {
  const column = table.get(name);
  if (column.kind === 'numeric') return column.values;
  throw new DataError(`column "${name}" of the prepared data`, {
    got: column.kind,
    expected: 'numbers',
  });
}

function dense(matrix: Matrix): { shape: readonly number[]; data: Float32Array } {
  const { shape, data } = matrix.toDense();
  return { shape, data };
}

function scriptOf(model: string): string {
  return fileURLToPath(new URL(`../../peers/clustering/${model}.py`, import.meta.url));
}
