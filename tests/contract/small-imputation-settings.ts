import type { SmallSettings } from './small-settings.js';

/** One entry for each registered imputation model, see {@link SmallSettings}. */
export const SMALL_IMPUTATION_SETTINGS: Readonly<Record<string, SmallSettings>> = {
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
};
