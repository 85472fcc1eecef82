/** Parameters with which a model trains on the contract suite's small data in about a second. */
export interface SmallSettings {
  readonly params: Record<string, unknown>;
  readonly fit: Record<string, unknown>;
  readonly preprocess: Record<string, unknown>;
  /** Parameter and value that `fit` must refuse. */
  readonly badParam: readonly [name: string, value: unknown];
  /** The probabilities of a cell need not sum to 1: each class is judged by itself. */
  readonly unnormalized?: boolean;
}

/** One entry for each registered model. */
export const SMALL_SETTINGS: Readonly<Record<string, SmallSettings>> = {
  graphsc: {
    params: { nClusters: 3, inFeats: 8, hiddenDim: 16, hidden1: 12, dropout: 0.1 },
    fit: { epochs: 4, batchSize: 16, lr: 1e-3 },
    preprocess: { nTopGenes: 60, nComponents: 8 },
    badParam: ['nClusters', 1],
  },
  scdcc: {
    params: { nClusters: 3, zDim: 8, encodeLayer: [32] },
    fit: {
      ...{ epochs: 4, batchSize: 24, lr: 0.1, tol: 0 },
      ...{ pretrainEpochs: 10, pretrainBatchSize: 24, pretrainLr: 1e-2 },
    },
    preprocess: { nTopGenes: 60 },
    badParam: ['mlWeight', -1],
  },
  scdeepcluster: {
    params: { nClusters: 3, zDim: 8, encodeLayer: [32] },
    fit: {
      ...{ epochs: 4, batchSize: 24, lr: 0.1, tol: 0 },
      ...{ pretrainEpochs: 10, pretrainBatchSize: 24, pretrainLr: 1e-2 },
    },
    preprocess: { nTopGenes: 60 },
    badParam: ['nClusters', 1],
  },
  scag2e: {
    params: { nClusters: 3, zDim: 8, cellLayers: [32, 16], geneLayers: [16, 16] },
    fit: {
      ...{ epochs: 4, lr: 1e-3, pretrainEpochs: 30, pretrainLrCell: 1e-2, pretrainLrGene: 1e-2 },
      ...{ pretrainBatchCell: 24, pretrainBatchGene: 30, tol: 0 },
    },
    preprocess: { nTopGenes: 60, kGraph: 8 },
    badParam: ['alpha', 0],
  },
  scdsc: {
    params: {
      ...{ nClusters: 3, nEnc1: 24, nEnc2: 16, nEnc3: 16, nZ1: 16, nZ2: 12, nZ3: 8 },
      ...{ nDec1: 16, nDec2: 16, nDec3: 24 },
    },
    fit: { epochs: 4, lr: 1e-2, pretrainEpochs: 20, pretrainLr: 1e-2, pretrainBatchSize: 72 },
    preprocess: { nTopGenes: 60, nNeighbors: 8 },
    badParam: ['sigma', 2],
  },
  scgpcl: {
    params: { nClusters: 3, layers: [16, 8], geneDim: 8, numSamples: [40, 20] },
    fit: {
      ...{ pretrainEpochs: 3, warmup: 2, pretrainLr: 1e-3, epochs: 4, tol: 0, r: 1 },
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
  sctpf: {
    params: { nClusters: 3, hiddenDim: 16, latentDim: 5, decDim: [12], adjDim: 6, k: 2 },
    fit: {
      ...{ epochs: 4, pretrainEpochs: 8, pretrainLr: 5e-3, lr: 5e-3, updateInterval: 2 },
      ...{ epsilon: 0.1, kOutlier: 8, stopFraction: 1 },
    },
    preprocess: { nTopGenes: 60, nComponents: 8, nNeighbors: 8 },
    badParam: ['alpha', 0],
  },
};
