import type { AnnData, MuData } from '@dance-ts/core';
import { readH5adGroup, type ReadH5adOptions } from '../h5ad/read-h5ad.js';
import { readH5muGroup } from '../h5mu/read-h5mu.js';
import { withZarr } from './open-zarr.js';
import type { ZarrStore } from './zarr-store.js';

/**
 * Reads annotated data from a Zarr hierarchy, which is closed afterwards: version 2 or 3, chunks
 * plain or compressed with zlib, gzip, Blosc, Zstandard or LZ4, also in shards.
 *
 * @throws FormatError naming the element, if it is none, damaged or too large
 */
export function readZarrStore(store: ZarrStore, options: ReadH5adOptions = {}): Promise<AnnData> {
  return withZarr(store, options, (root) => readH5adGroup(root, options));
}

/**
 * Reads several modalities from a Zarr hierarchy, which is closed afterwards.
 *
 * @throws FormatError naming the element, if it is none, damaged or too large
 */
export function readMuZarrStore(store: ZarrStore, options: ReadH5adOptions = {}): Promise<MuData> {
  return withZarr(store, options, (root) => readH5muGroup(root, options));
}

/** True if a Zarr hierarchy, which is closed afterwards, holds several modalities. */
export function isMuZarrStore(store: ZarrStore): Promise<boolean> {
  return withZarr(store, {}, (root) => root.text('encoding-type') === 'MuData');
}
