import { holdsVariableTexts, turnMembers } from './chunks/stored-values.js';
import { product } from './decode.js';
import { REWRITE_REMEDY } from './h5-errors.js';
import { textBytes } from './h5-library.js';
import type { H5Dataset } from './h5-node.js';
import type { RawValues } from './raw-values.js';

/** Values of a dataset that the HDF5 library reads. */
export class LibraryValues implements RawValues {
  constructor(private readonly dataset: H5Dataset) {}

  open(): Promise<void> {
    return Promise.resolve();
  }

  bytesAt(pointer: number): Uint8Array {
    return textBytes(this.dataset.file.module, pointer);
  }

  readRows(start: number, nRows: number, use: (bytes: Uint8Array) => void): void {
    const { file, path, type, shape = [] } = this.dataset;
    const { module, id } = file;
    const [, ...rowShape] = shape;
    const count = shape.length === 0 ? [] : [nRows, ...rowShape];
    const offset = shape.length === 0 ? [] : [start, ...rowShape.map(() => 0)];
    const byteLength = type.size * product(count);
    const counts = count.length === 0 ? null : count.map(BigInt);
    const pointer = byteLength <= module.MAXIMUM_MEMORY ? module._malloc(byteLength) : 0;
    if (pointer === 0) {
      throw this.dataset.invalid('has rows that do not fit into the memory of the HDF5 library', {
        got: `${byteLength} bytes`,
        remedy: REWRITE_REMEDY,
      });
    }
    try {
      module.get_dataset_data(
        id,
        path,
        counts,
        counts && offset.map(BigInt),
        counts && count.map(() => 1n),
        BigInt(pointer),
      );
      const bytes = module.HEAPU8.subarray(pointer, pointer + byteLength);
      turnMembers(type, bytes, product(count));
      use(bytes);
      if (holdsVariableTexts(type)) this.reclaimTexts(counts, pointer);
    } finally {
      module._free(pointer);
    }
  }

  /** Gives back the memory the library took for texts of variable length. */
  private reclaimTexts(counts: bigint[] | null, pointer: number): void {
    const { file, path } = this.dataset;
    const { module, id } = file;
    if (counts === null) module.reclaim_vlen_memory(id, path, '', BigInt(pointer));
    else module.reclaim_vlen_memory_count(id, path, '', BigInt(pointer), counts);
  }
}
