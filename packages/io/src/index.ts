export * from './shared-api.js';
export {
  annotateH5ad,
  holdsModalities,
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
  writeCsv,
  writeH5ad,
  writeH5mu,
  writeTenxMtx,
  writeZarr,
} from './node-api.node.js';
export { writeFileAtomic } from './storage/atomic-file.node.js';
export { FolderStore } from './storage/folder-store.node.js';
