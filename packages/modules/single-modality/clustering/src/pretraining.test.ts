import { describe, expect, test } from '@jest/globals';
import {
  DataError,
  MemoryStore,
  silentReporter,
  type AnnData,
  type DenseMatrix,
} from '@dance-ts/core';
import { simulateSingleCell } from '@dance-ts/datasets';
import { SCAG2E, type SCAG2EParams } from './scag2e.js';
import { ScDCC } from './scdcc.js';
import { ScDeepCluster, type ScDeepClusterParams } from './scdeepcluster.js';
import { ScDSC, type ScDSCParams } from './scdsc.js';
import { ScGPCL, type ScGPCLParams } from './scgpcl.js';
import { ScTAG } from './sctag.js';
import { ScTPF } from './sctpf.js';

const RUN = { reporter: silentReporter };
const SHARED = { nClusters: 2, device: 'wasm' } as const;
const TAG = { ...SHARED, hiddenDim: 12, latentDim: 4, decDim: [10], adjDim: 5, k: 2 };
const TAG_OTHER = { nClusters: 3, alpha: 2, trainableCenters: false };
const SCDSC: ScDSCParams = { ...SHARED, nEnc1: 16, nZ3: 4, nDec3: 16 };
const ZINB: ScDeepClusterParams = { ...SHARED, encodeLayer: [8] };
const SCAG2E_SMALL: SCAG2EParams = { ...SHARED, cellLayers: [8], geneLayers: [8], zDim: 4 };
const SCGPCL: ScGPCLParams = { ...SHARED, layers: [8, 4], geneDim: 4 };

interface Trained {
  preprocess(data: AnnData, options: typeof RUN): Promise<unknown>;
  fit(data: AnnData, options: object): Promise<unknown>;
  getLatent(data: AnnData): Promise<DenseMatrix>;
  keepPretraining(store: MemoryStore): unknown;
}

interface Case {
  readonly name: string;
  readonly create: (more: { readonly seed?: number }) => Trained;
  /** With another value of each parameter that only clustering reads. */
  readonly other: () => Trained;
}

const CASES: Case[] = [
  {
    name: 'ScDSC',
    create: (more) => new ScDSC({ ...SCDSC, ...more }),
    other: () => new ScDSC({ ...SCDSC, nClusters: 3, sigma: 0.2, v: 2, labelsFrom: 'pred' }),
  },
  {
    name: 'ScDeepCluster',
    create: (more) => new ScDeepCluster({ ...ZINB, ...more }),
    other: () => new ScDeepCluster({ ...ZINB, nClusters: 3, alpha: 2, gamma: 2 }),
  },
  {
    name: 'ScDCC',
    create: (more) => new ScDCC({ ...ZINB, ...more }),
    other: () => new ScDCC({ ...ZINB, nClusters: 3, alpha: 2, gamma: 2, mlWeight: 2, clWeight: 2 }),
  },
  {
    name: 'ScTAG',
    create: (more) => new ScTAG({ ...TAG, ...more }),
    other: () => new ScTAG({ ...TAG, ...TAG_OTHER, centerInit: 'spectral' }),
  },
  {
    name: 'ScTPF',
    create: (more) => new ScTPF({ ...TAG, ...more }),
    other: () => new ScTPF({ ...TAG, ...TAG_OTHER, centerInit: 'kmeans' }),
  },
  {
    name: 'SCAG2E',
    create: (more) => new SCAG2E({ ...SCAG2E_SMALL, ...more }),
    other: () => new SCAG2E({ ...SCAG2E_SMALL, nClusters: 3, alpha: 2, cluGamma: 0.5 }),
  },
  {
    name: 'ScGPCL',
    create: (more) => new ScGPCL({ ...SCGPCL, ...more }),
    other: () => new ScGPCL({ ...SCGPCL, alpha: 2 }),
  },
];

describe.each(CASES)('kept pre-training of $name', ({ create, other }) => {
  test('serves other clusterings as one of their own would, and no other seed', async () => {
    const data = await simulateSingleCell({
      ...{ nCells: 60, nGenes: 80, groupProbabilities: [1, 1, 1], seed: 4 },
      ...{ libLoc: 7, deProbability: 0.4, deFacLoc: 1.2 },
    });
    const kept = new MemoryStore();
    const latent = async (model: Trained, store: MemoryStore): Promise<DenseMatrix> => {
      model.keepPretraining(store);
      await model.preprocess(data, RUN);
      await model.fit(data, { ...RUN, epochs: 1, pretrainEpochs: 2, forcePretrain: false });
      return model.getLatent(data);
    };
    await latent(create({}), kept);
    expect(await latent(other(), kept)).toEqual(await latent(other(), new MemoryStore()));
    await expect(latent(create({ seed: 1 }), kept)).rejects.toThrow(DataError);
  });
});
