import type { SmallSettings } from './small-settings.js';

/** One entry for each registered imputation model, see {@link SmallSettings}. */
export const SMALL_IMPUTATION_SETTINGS: Readonly<Record<string, SmallSettings>> = {
  deepimpute: {
    params: { subOutputdim: 60, hiddenDim: 24, device: 'wasm' },
    fit: { epochs: 12, batchSize: 18, lr: 2e-2, patience: 40 },
    preprocess: {},
    badParam: ['dropout', 1],
  },
  graphsci: {
    params: { graphDims: [6, 6], cellDims: [12], device: 'wasm' },
    fit: { epochs: 8, lr: 0.01, nDraws: 2, batchSize: 40 },
    preprocess: { nTopGenes: 60 },
    badParam: ['dropout', 1],
  },
  magic: {
    params: { k: 10, ka: 3 },
    fit: {},
    preprocess: { nComponents: 8 },
    badParam: ['decay', 0],
  },
  scgnn: {
    params: { hiddenDim: 32, latentDim: 12, nNeighbors: 5, ltmg: false, device: 'wasm' },
    fit: {
      ...{ epochs: 8, iterations: 1, emEpochs: 3, clusterEpochs: 3, graphEpochs: 3 },
      ...{ imputationEpochs: 30, lr: 0.02 },
    },
    preprocess: { nTopGenes: 60 },
    badParam: ['nNeighbors', 0],
  },
  scgnn2: {
    params: { hiddenDim: 32, latentDim: 12, neighborhood: 5, device: 'wasm' },
    fit: {
      ...{ epochs: 25, iterations: 1, emEpochs: 2, clusterEpochs: 15, graphEpochs: 3 },
      ...{ lr: 0.02 },
    },
    preprocess: { nTopGenes: 60 },
    badParam: ['neighborhood', 0],
  },
};
