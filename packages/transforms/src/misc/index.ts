export { alignModalities, applyToModality } from './align-mod.js';
export { AnnDataTransform } from './anndata-transform.js';
export { RemoveSplit } from './remove-split.js';
export { UpdateRaw } from './update-raw.js';
export { When } from './when.js';
