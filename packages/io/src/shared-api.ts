export type { H5ReadOptions } from './hdf5/h5-file.js';
export type { H5WriteOptions } from './hdf5/open-writer.js';
export { annotateH5adBytes } from './h5ad/annotate-h5ad.js';
export type { BackedH5ad, BlockOptions, RowBlock, RowOptions } from './h5ad/backed-h5ad.js';
export type { Additions } from './h5ad/annotate-plan.js';
export type { ReadH5adOptions } from './h5ad/read-h5ad.js';
export { encodeH5ad, type WriteH5adOptions } from './h5ad/write-h5ad.js';
export {
  DATASET_READERS,
  type DatasetReader,
  type FileProbe,
  type HdfRoot,
  type ReadDatasetOptions,
} from './readers/dataset-readers.js';
export { readPickle, type PickleOptions } from './pickle/read-pickle.js';
export {
  PickleArray,
  PickleName,
  PickleObject,
  PickleTuple,
  type PickleArrayData,
  type PickleValue,
} from './pickle/pickle-values.js';
export type { NumpyDtype } from './pickle/numpy-values.js';
export type { ByteSource } from './storage/byte-storage.js';
export type { DataSource } from './storage/data-source.js';
export { DEFAULT_MEMORY_BUDGET, type ReadOptions } from './storage/read-options.js';
export type { LoomOptions } from './loom/read-loom.js';
export type { OrientationOptions } from './matrix-market/read-matrix-market.js';
export type { DataFolder } from './storage/data-folder.js';
export type { DelimitedOptions } from './tables/read-delimited.js';
export type { TenxOptions } from './tenx/features.js';
export type { TenxFolderOptions } from './tenx/read-tenx-folder.js';
export { encodeH5mu } from './h5mu/write-h5mu.js';
export { encodeCsv, type CsvOptions } from './writers/encode-csv.js';
export { encodeTenxMtx } from './writers/encode-tenx-folder.js';
export type { TextWriteOptions } from './writers/text-bytes.js';
