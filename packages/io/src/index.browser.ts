export * from './shared-api.js';
export { readDataset, readH5ad, readXyH5 } from './browser-api.js';
