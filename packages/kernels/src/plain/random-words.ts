const { imul } = Math;

/**
 * The next numbers of xoshiro128**, as many as `out` has room for. `state` are the generator's four
 * words, kept in local variables in between.
 */
export function drawWords(state: Uint32Array, out: Int32Array): void {
  let [a = 0, b = 0, c = 0, d = 0] = Int32Array.from(state.subarray(0, 4));
  for (let i = 0; i < out.length; i++) {
    const scaled = imul(b, 5);
    out[i] = imul((scaled << 7) | (scaled >>> 25), 9);
    const t = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= t;
    d = (d << 11) | (d >>> 21);
  }
  state.set([a, b, c, d]);
}
