/** Sums of this many words still fit into 32 bits. */
const WORDS_PER_ROUND = 360;

/**
 * Fletcher's checksum as HDF5 computes it: two sums modulo 65535 over words of 16 bits, high byte
 * first, the second sum in the upper half.
 *
 * Source: J. G. Fletcher, IEEE Transactions on Communications 30 (1982), 247-252.
 */
export function fletcher32(bytes: Uint8Array): number {
  let first = 0;
  let second = 0;
  const nWords = bytes.length >> 1;
  for (let word = 0; word < nWords;) {
    const end = Math.min(nWords, word + WORDS_PER_ROUND);
    for (; word < end; word++) {
      first += (bytes[2 * word]! << 8) | bytes[2 * word + 1]!;
      second += first;
    }
    first = fold(first);
    second = fold(second);
  }
  if (bytes.length % 2 === 1) {
    first += bytes[bytes.length - 1]! << 8;
    second = fold(second + first);
    first = fold(first);
  }
  return ((fold(second) << 16) | fold(first)) >>> 0;
}

function fold(sum: number): number {
  return (sum & 0xffff) + (sum >>> 16);
}
