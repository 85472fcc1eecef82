/** Parameters with which a model trains on the contract suite's small data in about a second. */
export interface SmallSettings {
  readonly params: Record<string, unknown>;
  readonly fit: Record<string, unknown>;
  readonly preprocess: Record<string, unknown>;
  /** Parameter and value that `fit` must refuse. */
  readonly badParam: readonly [name: string, value: unknown];
}

/** One entry for each registered model. */
export const SMALL_SETTINGS: Readonly<Record<string, SmallSettings>> = {
  graphsc: {
    params: { nClusters: 3, inFeats: 8, hiddenDim: 16, hidden1: 12, dropout: 0.1 },
    fit: { epochs: 4, batchSize: 16, lr: 1e-3 },
    preprocess: { nTopGenes: 60, nComponents: 8 },
    badParam: ['nClusters', 1],
  },
  scgpcl: {
    params: { nClusters: 3, layers: [16, 8], geneDim: 8, numSamples: [40, 20] },
    fit: {
      ...{ pretrainEpochs: 3, warmup: 2, pretrainLr: 1e-2, epochs: 4, tol: 0, r: 1 },
      ...{ batchSize: 36, nInit: 3 },
    },
    preprocess: { hvg: 0.7 },
    badParam: ['tau', 0],
  },
  sctag: {
    params: { nClusters: 3, hiddenDim: 16, latentDim: 5, decDim: [12], adjDim: 6, k: 2 },
    fit: { epochs: 4, pretrainEpochs: 8, lr: 5e-3, updateInterval: 2 },
    preprocess: { nTopGenes: 60, nComponents: 8, nNeighbors: 8 },
    badParam: ['alpha', 0],
  },
};
