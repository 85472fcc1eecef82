import { ParamError } from '../errors.js';

// Looked up once: in a sandbox such as a test runner's, each look-up of a global is slow.
const { exp, floor, imul, log, pow, sqrt } = Math;

/** Serializable state of an {@link Rng}. */
export interface RngState {
  readonly seed: string;
  readonly words: readonly [number, number, number, number];
}

/**
 * Seeded random stream: xoshiro128** (Blackman & Vigna, 2021) seeded through splitmix32 from the
 * text `seed/name/name...`.
 *
 * `fork(name)` derives an independent stream from the *path* of names, never from the state, so a
 * stream does not change when an unrelated one is drawn from. Seed 0 is a seed like any other.
 */
export class Rng {
  private a = 0;
  private b = 0;
  private c = 0;
  private d = 0;

  private constructor(private readonly path: string) {
    let state = hashText(path);
    const next = (): number => {
      state = (state + 0x9e3779b9) | 0;
      let z = state ^ (state >>> 16);
      z = imul(z, 0x21f0aaad);
      z ^= z >>> 15;
      z = imul(z, 0x735a2d97);
      return (z ^ (z >>> 15)) | 0;
    };
    this.a = next();
    this.b = next();
    this.c = next();
    this.d = next() | 1;
  }

  /**
   * Root stream of an integer seed.
   *
   * @throws {@link ParamError} if the seed is not an integer
   */
  static fromSeed(seed: number): Rng {
    if (!Number.isSafeInteger(seed)) {
      throw new ParamError('seed', { got: String(seed), expected: 'an integer' });
    }
    return new Rng(String(seed));
  }

  /** A stream continued from a saved state. */
  static fromState(state: RngState): Rng {
    const rng = new Rng(state.seed);
    [rng.a, rng.b, rng.c, rng.d] = state.words;
    return rng;
  }

  /** Independent sub-stream named `name`. */
  fork(name: string): Rng {
    return new Rng(`${this.path}/${name}`);
  }

  /** Snapshot for checkpoints. */
  state(): RngState {
    return { seed: this.path, words: [this.a, this.b, this.c, this.d] };
  }

  /**
   * Lets other code, such as a kernel, draw from this stream: hands out the generator's four words,
   * which `draw` must leave as that many draws of {@link uint32} would, and goes on from there.
   *
   * @returns what `draw` does
   */
  drawWith<T>(draw: (words: Uint32Array) => T): T {
    const words = Uint32Array.of(this.a, this.b, this.c, this.d);
    const drawn = draw(words);
    // Signed, as the generator itself keeps them, so that saved states do not tell who drew.
    this.a = words[0]! | 0;
    this.b = words[1]! | 0;
    this.c = words[2]! | 0;
    this.d = words[3]! | 0;
    return drawn;
  }

  /** Uniform integer in [0, 2^32). */
  uint32(): number {
    const scaled = imul(this.b, 5);
    const result = imul((scaled << 7) | (scaled >>> 25), 9) >>> 0;
    const t = this.b << 9;
    this.c ^= this.a;
    this.d ^= this.b;
    this.b ^= this.c;
    this.a ^= this.d;
    this.c ^= t;
    this.d = (this.d << 11) | (this.d >>> 21);
    return result;
  }

  /** Uniform double in [0, 1) with 53 random bits. */
  uniform(): number {
    const high = this.uint32() >>> 5;
    const low = this.uint32() >>> 6;
    return (high * 67108864 + low) / 9007199254740992;
  }

  /**
   * Uniform integer in [0, bound), unbiased.
   *
   * @param bound - an integer from 1 to 2^32
   * @throws {@link ParamError} for another bound
   */
  int(bound: number): number {
    if (!Number.isInteger(bound) || bound < 1 || bound > 4294967296) {
      throw new ParamError('bound of a random integer', {
        got: String(bound),
        expected: 'an integer from 1 to 2^32',
      });
    }
    const limit = 4294967296 - (4294967296 % bound);
    for (;;) {
      const draw = this.uint32();
      if (draw < limit) return draw % bound;
    }
  }

  /** Standard normal (Marsaglia's polar method; the second value of a pair is not kept). */
  normal(): number {
    for (;;) {
      const u = 2 * this.uniform() - 1;
      const v = 2 * this.uniform() - 1;
      const s = u * u + v * v;
      if (s > 0 && s < 1) return u * sqrt((-2 * log(s)) / s);
    }
  }

  /**
   * Gamma of the given shape and scale (Marsaglia & Tsang, 2000).
   *
   * @throws {@link ParamError} if the shape is not a number above 0
   */
  gamma(shape: number, scale = 1): number {
    if (!(shape > 0 && shape < Infinity)) {
      throw new ParamError('shape of a gamma distribution', {
        got: String(shape),
        expected: 'a number > 0',
      });
    }
    if (shape < 1) {
      return this.gamma(shape + 1, scale) * pow(1 - this.uniform(), 1 / shape);
    }
    const d = shape - 1 / 3;
    const c = 1 / sqrt(9 * d);
    for (;;) {
      const x = this.normal();
      const v = pow(1 + c * x, 3);
      if (v <= 0) continue;
      const u = 1 - this.uniform();
      if (log(u) < 0.5 * x * x + d * (1 - v + log(v))) return d * v * scale;
    }
  }

  /**
   * Poisson count. Large means are shortened by gamma distributed waiting times, so that exp(-mean)
   * never underflows (Ahrens & Dieter, 1974).
   *
   * @throws {@link ParamError} if the mean is not a number >= 0
   */
  poisson(mean: number): number {
    if (!(mean >= 0 && mean < Infinity)) {
      throw new ParamError('mean of a Poisson distribution', {
        got: String(mean),
        expected: 'a number >= 0',
      });
    }
    let count = 0;
    let rest = mean;
    while (rest > 30) {
      // With k events known to lie in a gamma(k) waiting time, the remainder is binomial or Poisson.
      const k = floor(rest * 0.875);
      const waited = this.gamma(k);
      if (waited > rest) return count + this.binomial(k - 1, rest / waited);
      count += k;
      rest -= waited;
    }
    const limit = exp(-rest);
    let product = this.uniform();
    while (product > limit) {
      count += 1;
      product *= this.uniform();
    }
    return count;
  }

  /**
   * Binomial count of `trials` with success probability `p` (recursion on the beta median).
   *
   * @throws {@link ParamError} if trials is not an integer >= 0 or p not in [0, 1]
   */
  binomial(trials: number, p: number): number {
    if (!(Number.isInteger(trials) && trials >= 0 && p >= 0 && p <= 1)) {
      throw new ParamError('binomial distribution', {
        got: `${trials} trials, p = ${p}`,
        expected: 'an integer >= 0 and a number in [0, 1]',
      });
    }
    let n = trials;
    let probability = p;
    let count = 0;
    while (n > 20) {
      const i = 1 + floor(n / 2);
      const x = this.gamma(i);
      const beta = x / (x + this.gamma(n + 1 - i));
      if (beta <= probability) {
        count += i;
        n -= i;
        probability = (probability - beta) / (1 - beta);
      } else {
        n = i - 1;
        probability /= beta;
      }
    }
    for (let i = 0; i < n; i++) if (this.uniform() < probability) count += 1;
    return count;
  }

  /** Shuffles in place (Fisher-Yates) and returns the same array. */
  shuffle<T extends Int32Array | unknown[]>(values: T): T {
    for (let i = values.length - 1; i > 0; i--) {
      const j = this.int(i + 1);
      const kept = values[i];
      values[i] = values[j];
      values[j] = kept;
    }
    return values;
  }

  /** A random permutation of 0..n-1. */
  permutation(n: number): Int32Array {
    return this.shuffle(Int32Array.from({ length: n }, (_, i) => i));
  }
}

/** 32-bit FNV-1a of a text with a final avalanche. */
function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    hash = imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  hash ^= hash >>> 16;
  hash = imul(hash, 0x85ebca6b);
  return hash ^ (hash >>> 13);
}
