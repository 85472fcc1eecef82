/** How much of an operand that is read in order is copied into WebAssembly memory at once. */
export const BLOCK_BYTES = 64 * 2 ** 20;

/**
 * Splits `0 .. size` into consecutive ranges of at most `blockBytes` (but at least one item), and
 * calls `run` with the start and the length of each; once with length 0 for size 0.
 *
 * @param multiple - range lengths are multiples of this, except the last one
 */
export function forEachBlock(
  size: number,
  { bytesPerItem, blockBytes, multiple = 1 }: BlockSizes,
  run: (start: number, count: number) => void,
): void {
  const fitting = Math.floor(blockBytes / Math.max(1, bytesPerItem) / multiple);
  const step = Math.max(1, fitting) * multiple;
  let start = 0;
  do {
    run(start, Math.min(step, size - start));
    start += step;
  } while (start < size);
}

/** Sizes that decide where {@link forEachBlock} cuts. */
export interface BlockSizes {
  readonly bytesPerItem: number;
  readonly blockBytes: number;
  readonly multiple?: number;
}

/** Bytes of a stored entry of a CSR matrix: index and value. */
const ENTRY_BYTES = 8;

/** How many rows from `firstRow` on have entries of at most `blockBytes`; at least one. */
export function csrBlockRows(
  indptr: Int32Array,
  nRows: number,
  firstRow: number,
  blockBytes: number,
): number {
  const limit = indptr[firstRow]! + blockBytes / ENTRY_BYTES;
  let end = firstRow + 1;
  while (end < nRows && indptr[end + 1]! <= limit) end++;
  return end - firstRow;
}
