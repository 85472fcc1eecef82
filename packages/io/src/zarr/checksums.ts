/** Polynomials of cyclic redundancy checks, with their bits reversed. */
const POLYNOMIALS = { crc32: 0xedb88320, crc32c: 0x82f63b78 } as const;

const tables = new Map<keyof typeof POLYNOMIALS, Uint32Array>();

/** Cyclic redundancy check of 32 bits: `crc32` as in .zip, `crc32c` (Castagnoli) as in Zarr. */
export function checksum(bytes: Uint8Array, kind: keyof typeof POLYNOMIALS): number {
  const table = tableOf(kind);
  let crc = 0xffffffff;
  for (const byte of bytes) crc = table[(crc ^ byte) & 0xff]! ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

function tableOf(kind: keyof typeof POLYNOMIALS): Uint32Array {
  const known = tables.get(kind);
  if (known !== undefined) return known;
  const table = Uint32Array.from({ length: 256 }, (_, byte) => {
    let value = byte;
    for (let bit = 0; bit < 8; bit++) {
      value = (value & 1) === 1 ? (value >>> 1) ^ POLYNOMIALS[kind] : value >>> 1;
    }
    return value;
  });
  tables.set(kind, table);
  return table;
}
