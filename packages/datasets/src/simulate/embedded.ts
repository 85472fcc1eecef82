import type { AnnData, RunOptions } from '@dance-ts/core';
import { simulateSingleCell, type SingleCellParams } from './single-cell.js';

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

/** The embedded data set of that name, simulated anew (always the same); undefined if there is none. */
export async function simulateEmbedded(
  name: string,
  options: RunOptions = {},
): Promise<AnnData | undefined> {
  const params = EMBEDDED[name];
  return params && simulateSingleCell(params, options);
}
