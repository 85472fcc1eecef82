import type { AnnData, RunOptions } from '@dance-ts/core';
import type { ModalityKind } from '../catalogue/modality-pairs.js';
import { simulatePaired } from './paired.js';
import { simulateSingleCell, type SingleCellParams } from './single-cell.js';
import { simulateSpatial, type SimulatedTissue } from './spatial.js';

/** Parameters of the embedded data sets, by name. */
const EMBEDDED: Readonly<Record<string, SingleCellParams>> = {
  'sim-annotation': {
    nCells: 700,
    nGenes: 1000,
    groupProbabilities: [0.3, 0.25, 0.2, 0.12, 0.1, 0.03],
    libLoc: 7,
    deProbability: 0.15,
    deFacLoc: 0.4,
    dropoutMid: 0,
    seed: 21,
  },
  'sim-clustering': {
    nCells: 600,
    nGenes: 1000,
    groupProbabilities: [0.3, 0.25, 0.2, 0.15, 0.1],
    libLoc: 7,
    deProbability: 0.2,
    deFacLoc: 0.7,
    dropoutMid: 0,
    seed: 20,
  },
  'sim-imputation': {
    nCells: 400,
    nGenes: 500,
    groupProbabilities: [0.3, 0.25, 0.2, 0.15, 0.1],
    libLoc: 7,
    deProbability: 0.3,
    deFacLoc: 0.7,
    dropoutMid: 0,
    keepTruth: true,
    seed: 22,
  },
  'sim-imputation-null': {
    nCells: 400,
    nGenes: 500,
    libLoc: 7,
    libScale: 0,
    deProbability: 0,
    dropoutMid: 0,
    keepTruth: true,
    seed: 23,
  },
};

/** A seed at which Louvain finds as much of the layers (ARI about 0.39) as it does of real tissue. */
const TISSUE_SEED = 3;

/** Second modalities of the embedded pairs; the first is RNA. */
const EMBEDDED_PAIRS: Readonly<Record<string, 'adt' | 'atac'>> = {
  'sim-paired-cite': 'adt',
  'sim-paired-multiome': 'atac',
};

/** The embedded data set of that name, simulated anew (always the same); undefined if there is none. */
export async function simulateEmbedded(
  name: string,
  options: RunOptions = {},
): Promise<AnnData | undefined> {
  const params = EMBEDDED[name];
  if (params !== undefined) return simulateSingleCell(params, options);
  if (name === 'sim-spatial-domain')
    return (await simulateSpatial({ seed: TISSUE_SEED }, options)).spots;
  const [, pair = '', half = ''] = /^(.*)_([a-z]+)$/.exec(name) ?? [];
  const tissue = await simulateEmbeddedTissue(pair, options);
  if (tissue !== undefined) return half === 'ref' ? tissue.reference : tissue.spots;
  const modalities = await simulateEmbeddedPair(pair, options);
  return modalities?.find((modality) => modality.kind === half)?.data;
}

/** One of two modalities. */
export interface Modality {
  readonly kind: ModalityKind;
  readonly data: AnnData;
}

/** The modalities of the embedded pair of that name; undefined if there is none. */
export async function simulateEmbeddedPair(
  name: string,
  options: RunOptions = {},
): Promise<[Modality, Modality] | undefined> {
  const second = EMBEDDED_PAIRS[name];
  if (second === undefined) return undefined;
  const made = await simulatePaired({}, options);
  return [
    { kind: 'rna', data: made.rna },
    { kind: second, data: made[second] },
  ];
}

/** The embedded deconvolution set of that name; undefined if there is none. */
export async function simulateEmbeddedTissue(
  name: string,
  options: RunOptions = {},
): Promise<SimulatedTissue | undefined> {
  return name === 'sim-deconvolution'
    ? simulateSpatial({ nRows: 20, nColumns: 20, seed: TISSUE_SEED }, options)
    : undefined;
}
