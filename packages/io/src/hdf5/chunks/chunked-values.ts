import type { H5Dataset } from '../h5-node.js';
import { REWRITE_REMEDY, toFormatError } from '../h5-errors.js';
import { headerPosition } from '../header-messages.js';
import { RawFile } from '../object-header.js';
import type { RawValues } from '../raw-values.js';
import { ChunkStore } from './chunk-store.js';
import { HeapTexts } from './heap-texts.js';
import { readLayout, UnsupportedLayoutError } from './layout.js';
import { storedSize, toMemory } from './stored-values.js';

/** A chunk is unpacked as one and must fit into memory several times. */
const MAX_CHUNK_BYTES = 640 * 2 ** 20;

/** Values of a dataset with a filter that the HDF5 library cannot undo: LZF. */
export class ChunkedValues implements RawValues {
  private readonly heap: HeapTexts;
  private readonly raw: RawFile<H5Dataset['file']['source']>;
  /** Texts of the rows that were read last; a pointer to one is its place, and 0 is none. */
  private texts: Uint8Array[] = [];
  private store: ChunkStore | undefined;

  constructor(private readonly dataset: H5Dataset) {
    const { file, label } = dataset;
    this.raw = new RawFile(file.source, file.base);
    this.heap = new HeapTexts(this.raw, (bytes) => {
      file.claim(bytes, label);
    });
  }

  async open(): Promise<void> {
    const { file, path, label } = this.dataset;
    const known = file.chunkStores.get(path);
    try {
      this.store = known ?? (await this.openStore());
    } catch (error) {
      throw toFormatError(error, file.name, label);
    }
    file.chunkStores.set(path, this.store);
  }

  readRows(start: number, nRows: number, use: (bytes: Uint8Array) => void): void {
    if (this.store === undefined) throw new Error('its chunks were not looked for');
    const { type } = this.dataset;
    const stored = this.store.readRows(start, nRows);
    this.texts = [new Uint8Array(0)];
    const count = stored.length / storedSize(type);
    use(
      toMemory(type, stored, count, (reference) => {
        const text = this.heap.textAt(reference);
        return text.length === 0 ? 0 : this.texts.push(text) - 1;
      }),
    );
  }

  bytesAt(pointer: number): Uint8Array {
    return this.texts[pointer]!;
  }

  private async openStore(): Promise<ChunkStore> {
    const { dataset, raw } = this;
    const { file, label } = dataset;
    if (!raw.hasWideAddresses) throw unsupported(dataset, 'addresses of less than 8 bytes');
    const layout = readAnyLayout(dataset, raw);
    const isSame =
      isEqual(layout.shape, dataset.shape) &&
      isEqual(layout.chunk, dataset.chunks) &&
      isEqual(
        layout.filters.map(({ id }) => id),
        dataset.filters().map(({ id }) => id),
      ) &&
      layout.valueSize === storedSize(dataset.type);
    if (!isSame) throw new Error('its header contradicts itself');
    const chunkBytes = layout.chunk.reduce((bytes, size) => bytes * size, layout.valueSize);
    if (chunkBytes > MAX_CHUNK_BYTES) throw unsupported(dataset, `chunks of ${chunkBytes} bytes`);
    const claim = (bytes: number): void => {
      file.claim(bytes, label);
    };
    return ChunkStore.open(raw, layout, claim, file.pacer);
  }
}

function readAnyLayout(
  dataset: H5Dataset,
  raw: RawFile<H5Dataset['file']['source']>,
): ReturnType<typeof readLayout> {
  try {
    return readLayout(raw, headerPosition(dataset));
  } catch (error) {
    if (error instanceof UnsupportedLayoutError) throw unsupported(dataset, error.message);
    throw error;
  }
}

function unsupported(dataset: H5Dataset, what: string): Error {
  return dataset.invalid(`is compressed with LZF and has ${what}`, { remedy: REWRITE_REMEDY });
}

function isEqual(a: readonly number[], b: readonly number[] | undefined): boolean {
  return a.length === b?.length && a.every((value, i) => value === b[i]);
}
