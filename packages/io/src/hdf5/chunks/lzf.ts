/** Control bytes below this announce so many literal bytes, and one more. */
const LITERALS = 32;
/** A back reference copies two bytes more than it says. */
const SHORTEST_COPY = 2;
/** A copy of this length has a further byte of length. */
const LONG_COPY = 7;
/** Most bytes that one byte of LZF data can stand for: a copy of 264 takes three. */
export const LZF_MAX_RATIO = 88;

/**
 * Undoes LZF compression (the format of LibLZF, which h5py's filter 32000 writes). A control byte
 * below 32 is followed by that many literal bytes and one more; any other holds the length of a
 * copy in its upper 3 bits and the upper 5 bits of how far back it begins, whose lower 8 follow.
 *
 * @param input - all of the compressed bytes
 * @param output - filled to its last byte
 * @throws Error if the bytes do not stand for exactly `output.length` bytes
 */
export function decompressLzf(input: Uint8Array, output: Uint8Array): void {
  let from = 0;
  let to = 0;
  while (from < input.length) {
    const control = input[from++]!;
    if (control < LITERALS) {
      const end = from + control + 1;
      if (end > input.length) throw cutShort();
      if (to + control + 1 > output.length) throw tooLong(output);
      while (from < end) output[to++] = input[from++]!;
    } else {
      let length = control >> 5;
      if (from + (length === LONG_COPY ? 2 : 1) > input.length) throw cutShort();
      if (length === LONG_COPY) length += input[from++]!;
      const end = to + length + SHORTEST_COPY;
      let source = to - ((control & 0x1f) << 8) - input[from++]! - 1;
      if (source < 0) throw new Error('its LZF data refer to bytes before their start');
      if (end > output.length) throw tooLong(output);
      // Byte by byte: a copy may overlap what it writes, and repeats it then.
      while (to < end) output[to++] = output[source++]!;
    }
  }
  if (to !== output.length) {
    throw new Error(`its LZF data stand for ${to} bytes instead of ${output.length}`);
  }
}

function cutShort(): Error {
  return new Error('its LZF data end too early');
}

function tooLong(output: Uint8Array): Error {
  return new Error(`its LZF data stand for more than ${output.length} bytes`);
}
