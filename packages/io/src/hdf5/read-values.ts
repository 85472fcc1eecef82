import { FILTER, hasLzf } from './chunks/filters.js';
import {
  convertingDecoder,
  decoderOf,
  product,
  type Decoded,
  type DecodeContext,
  type Decoder,
} from './decode.js';
import { REWRITE_REMEDY } from './h5-errors.js';
import { assertKnownMessages } from './header-messages.js';
import type { H5Dataset } from './h5-node.js';

/** Filters compiled into the library, by their registered numbers. */
const LIBRARY_FILTERS = new Set([1, 2, 3, 5, 6]);
/** Filters that can be undone together with LZF. */
const OWN_FILTERS = new Set<number>(Object.values(FILTER));

const FILTER_NAMES = new Map([
  [1, 'gzip'],
  [4, 'SZIP'],
  [5, 'n-bit packing'],
  [6, 'scale-offset packing'],
  [305, 'LZO'],
  [307, 'bzip2'],
  [32001, 'Blosc'],
  [32004, 'LZ4'],
  [32008, 'bitshuffle'],
  [32013, 'ZFP'],
  [32015, 'Zstandard'],
  [32026, 'Blosc2'],
]);

/** Rows from `start` to before `end`. */
interface RowRange {
  readonly start: number;
  readonly end: number;
}

/** Bytes read at a time, unless one row of chunks is larger. */
const BLOCK_BYTES = 16 * 2 ** 20;
/** A block and the chunk it is cut from must both fit into the library's 2 GiB heap. */
const MAX_BLOCK_BYTES = 640 * 2 ** 20;

/** All values in the type they are stored in. */
export async function readArray(dataset: H5Dataset): Promise<Decoded> {
  const decoder = decoderOf(dataset.type, dataset.length, decodeContext(dataset));
  return readInto(dataset, decoder);
}

/** All values as Float32 (numbers and truth values only). */
export async function readFloat32(dataset: H5Dataset): Promise<Float32Array> {
  const context = decodeContext(dataset);
  context.claim(4 * dataset.length);
  const target = new Float32Array(dataset.length);
  return readInto(dataset, convertingDecoder(dataset.type, target, context));
}

/** All values as Int32; values outside its range are refused. */
export async function readInt32(dataset: H5Dataset): Promise<Int32Array> {
  const context = decodeContext(dataset);
  context.claim(4 * dataset.length);
  const target = new Int32Array(dataset.length);
  return readInto(dataset, convertingDecoder(dataset.type, target, context));
}

/** Values (or rows of values) from `start` to before `end` as Float32. */
export async function readFloat32Range(
  dataset: H5Dataset,
  start: number,
  end: number,
): Promise<Float32Array> {
  const target = new Float32Array(claimRange(dataset, start, end));
  return readInto(dataset, convertingDecoder(dataset.type, target, decodeContext(dataset)), {
    start,
    end,
  });
}

/** Values from `start` to before `end` as Int32; values outside its range are refused. */
export async function readInt32Range(
  dataset: H5Dataset,
  start: number,
  end: number,
): Promise<Int32Array> {
  const target = new Int32Array(claimRange(dataset, start, end));
  return readInto(dataset, convertingDecoder(dataset.type, target, decodeContext(dataset)), {
    start,
    end,
  });
}

/**
 * Consecutive rows of a two-dimensional dataset of numbers as Float32, block by block, without
 * holding the whole.
 *
 * @param visit - called with row-major values that are valid during the call only
 */
export async function eachRowBlock(
  dataset: H5Dataset,
  visit: (values: Float32Array, firstRow: number, nRows: number) => void,
): Promise<void> {
  const context = decodeContext(dataset);
  const [, nCols = 0] = dataset.shape ?? [];
  await eachBlock(dataset, (bytes, count, firstRow) => {
    const target = new Float32Array(count);
    const decoder = convertingDecoder(dataset.type, target, context);
    decoder.append(bytes, count);
    visit(decoder.finish(), firstRow, nCols === 0 ? 0 : count / nCols);
  });
}

async function readInto<T>(dataset: H5Dataset, decoder: Decoder<T>, rows?: RowRange): Promise<T> {
  await eachBlock(
    dataset,
    (bytes, count) => {
      decoder.append(bytes, count);
    },
    rows,
  );
  return decoder.finish();
}

/** Number of values in a range of rows, four bytes each of which are claimed. */
function claimRange(dataset: H5Dataset, start: number, end: number): number {
  const [, ...rowShape] = dataset.shape ?? [];
  const count = (end - start) * product(rowShape);
  dataset.file.claim(4 * count, dataset.label);
  return count;
}

function decodeContext(dataset: H5Dataset): DecodeContext {
  return {
    bytesAt: (pointer) => dataset.values.bytesAt(pointer),
    element: `${dataset.file.name}: ${dataset.label}`,
    claim: (bytes) => {
      dataset.file.claim(bytes, dataset.label);
    },
  };
}

/** Hands the raw values of all rows, or of some, to `visit` in blocks of whole rows. */
async function eachBlock(
  dataset: H5Dataset,
  visit: (bytes: Uint8Array, count: number, firstRow: number) => void,
  { start, end }: RowRange = { start: 0, end: dataset.shape?.[0] ?? 1 },
): Promise<void> {
  assertReadable(dataset);
  assertKnownMessages(dataset);
  const { file } = dataset;
  if (dataset.length === 0) return;
  await dataset.values.open();
  const perRow = product((dataset.shape ?? []).slice(1));
  const blockRows = rowsPerBlock(dataset, perRow * dataset.type.size);
  for (let row = start; row < end; row += blockRows) {
    await file.pacer.tick();
    const rows = Math.min(blockRows, end - row);
    file.guard(dataset.label, () => {
      dataset.values.readRows(row, rows, (bytes) => {
        visit(bytes, rows * perRow, row);
      });
    });
  }
}

/** Whole chunks at a time, since a chunk must be decompressed as one. */
function rowsPerBlock(dataset: H5Dataset, rowBytes: number): number {
  const chunkRows = dataset.chunks?.[0] ?? 1;
  const fitting = Math.floor(BLOCK_BYTES / Math.max(1, rowBytes));
  const wholeChunks = Math.max(1, Math.floor(fitting / chunkRows)) * chunkRows;
  if (wholeChunks * rowBytes <= MAX_BLOCK_BYTES) return wholeChunks;
  return Math.max(1, Math.floor(MAX_BLOCK_BYTES / rowBytes));
}

/** Refuses what the library would read wrongly, or not at all, before any value is touched. */
function assertReadable(dataset: H5Dataset): void {
  if (dataset.isVirtual) {
    throw dataset.invalid('is a virtual dataset, whose values lie in other files', {
      remedy: REWRITE_REMEDY,
    });
  }
  const filters = dataset.filters();
  const known = hasLzf(filters) ? OWN_FILTERS : LIBRARY_FILTERS;
  const missing = filters.find((filter) => !known.has(filter.id));
  if (missing !== undefined) {
    const name = FILTER_NAMES.get(missing.id) ?? (missing.name || 'an unknown filter');
    throw dataset.invalid(`is compressed with ${name} (filter ${missing.id})`, {
      ...(known === OWN_FILTERS ? { got: 'LZF beside it' } : {}),
      expected: 'gzip, LZF or no compression',
      remedy: REWRITE_REMEDY,
    });
  }
}
