import { describe, expect, test } from '@jest/globals';
import {
  DataError,
  MemoryStore,
  silentReporter,
  type AnnData,
  type DenseMatrix,
} from '@dance-ts/core';
import { simulateSingleCell } from '@dance-ts/datasets';
import { SCAG2E } from './scag2e.js';
import { ScDCC } from './scdcc.js';
import { ScDeepCluster } from './scdeepcluster.js';
import { ScDSC } from './scdsc.js';
import { ScTAG } from './sctag.js';
import { ScTPF } from './sctpf.js';

const RUN = { reporter: silentReporter };
const FIT = { ...RUN, epochs: 1, pretrainEpochs: 2 };
const TAG = { hiddenDim: 12, latentDim: 4, decDim: [10], adjDim: 5, k: 2 };

interface Choice {
  readonly nClusters: number;
  readonly alpha?: number;
  readonly seed?: number;
}

const MODELS = [
  ({ alpha: v, ...choice }: Choice) =>
    new ScDSC({ ...choice, ...(v && { v }), nEnc1: 16, nZ3: 4, nDec3: 16, device: 'wasm' }),
  (choice: Choice) => new ScDeepCluster({ ...choice, encodeLayer: [8], device: 'wasm' }),
  (choice: Choice) => new ScDCC({ ...choice, encodeLayer: [8], device: 'wasm' }),
  (choice: Choice) => new ScTAG({ ...choice, ...TAG, device: 'wasm' }),
  (choice: Choice) => new ScTPF({ ...choice, ...TAG, device: 'wasm' }),
  (choice: Choice) =>
    new SCAG2E({ ...choice, cellLayers: [8], geneLayers: [8], zDim: 4, device: 'wasm' }),
].map((create) => ({ name: create({ nClusters: 2 }).spec.name, create }));

async function groups(): Promise<AnnData> {
  return simulateSingleCell({
    ...{ nCells: 60, nGenes: 80, groupProbabilities: [1, 1, 1], seed: 4 },
    ...{ libLoc: 7, deProbability: 0.4, deFacLoc: 1.2 },
  });
}

describe.each(MODELS)('kept pre-training of $name', ({ create }) => {
  test('serves other clusterings as one of their own would, and no other seed', async () => {
    const data = await groups();
    const kept = new MemoryStore();
    const latent = async (choice: Choice, store: MemoryStore): Promise<DenseMatrix> => {
      const model = create(choice).keepPretraining(store);
      await model.preprocess(data, RUN);
      await model.fit(data, { ...FIT, forcePretrain: false });
      return model.getLatent(data);
    };
    await latent({ nClusters: 2 }, kept);
    const other = { nClusters: 3, alpha: 2 };
    expect(await latent(other, kept)).toEqual(await latent(other, new MemoryStore()));
    await expect(latent({ nClusters: 2, seed: 1 }, kept)).rejects.toThrow(DataError);
  });
});
