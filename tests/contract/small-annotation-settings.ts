import type { SmallSettings } from './small-settings.js';

/** One entry for each registered annotation model, see {@link SmallSettings}. */
export const SMALL_ANNOTATION_SETTINGS: Readonly<Record<string, SmallSettings>> = {
  actinn: {
    params: { hiddenDims: [16, 8], device: 'wasm' },
    fit: { epochs: 12, batchSize: 8, lr: 0.02 },
    preprocess: {},
    badParam: ['lambd', -1],
  },
  celltypist: {
    params: {},
    fit: {},
    preprocess: {},
    badParam: ['minProp', 2],
    unnormalized: true,
  },
  scdeepsort: {
    params: { hiddenDim: 16, device: 'wasm' },
    fit: { epochs: 12, batchSize: 12, lr: 0.01 },
    preprocess: { nComponents: 10 },
    badParam: ['hiddenDim', 0],
  },
  scheteronet: {
    params: { device: 'wasm' },
    fit: { epochs: 12 },
    preprocess: { nTopGenes: 60, cellTypeThreshold: 2 },
    badParam: ['hiddenDim', 0],
  },
  singlecellnet: {
    params: { numTrees: 20 },
    fit: {},
    preprocess: {},
    badParam: ['numTrees', 0],
    unnormalized: true, // the rest is the share of the random class
  },
  svm: {
    params: { C: 100 },
    fit: {},
    preprocess: { denseDim: 10 },
    badParam: ['C', 0],
  },
};
