export * from './shared-api.js';
export {
  openH5ad,
  readDataset,
  readH5ad,
  readXyH5,
  readDelimitedMatrix,
  readH5mu,
  readLoom,
  readMatrixMarket,
  readTable,
  readTenxH5,
  readTenxMtx,
  readZarr,
} from './browser-api.js';
