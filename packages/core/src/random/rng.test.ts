import { describe, expect, test } from '@jest/globals';
import { ParamError } from '../errors.js';
import { caught } from '../testing/caught.js';
import { Rng } from './rng.js';

const draws = (rng: Rng, count = 8): number[] => Array.from({ length: count }, () => rng.uint32());

describe('the generator', () => {
  test('gives the published sequence of xoshiro128** from the state 1, 2, 3, 4', () => {
    const rng = Rng.fromState({ seed: '', words: [1, 2, 3, 4] });
    expect(draws(rng, 10)).toEqual([
      11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597,
      4258142804,
    ]);
  });

  test('steps as xoshiro128** written out in big integers does', () => {
    const rng = Rng.fromSeed(12);
    const words = rng.state().words.map((word) => BigInt.asUintN(32, BigInt(word)));
    const rotated = (x: bigint, k: bigint): bigint =>
      BigInt.asUintN(32, (x << k) | (x >> (32n - k)));
    const next = (): bigint => {
      const [s0 = 0n, s1 = 0n, s2 = 0n, s3 = 0n] = words;
      const product = BigInt.asUintN(32, s1 * 5n);
      const result = BigInt.asUintN(32, rotated(product, 7n) * 9n);
      words[1] = s1 ^ s2 ^ s0;
      words[0] = s0 ^ s3 ^ s1;
      words[2] = s2 ^ s0 ^ BigInt.asUintN(32, s1 << 9n);
      words[3] = rotated(s3 ^ s1, 11n);
      return result;
    };
    for (let i = 0; i < 2000; i++) expect(rng.uint32()).toBe(Number(next()));
  });

  test('first outputs of some streams stay as they are (results depend on them)', () => {
    expect(draws(Rng.fromSeed(0))).toEqual([
      995209116, 357250699, 4101969364, 1500517627, 3139142209, 499476791, 106147863, 1287392411,
    ]);
    expect(draws(Rng.fromSeed(1))).toEqual([
      2637292402, 1897916958, 3704787130, 3183936712, 2195875733, 4037070414, 4050555840, 341047754,
    ]);
    expect(draws(Rng.fromSeed(0).fork('a').fork('b'), 4)).toEqual([
      4049907533, 3193956541, 3142689228, 3567247210,
    ]);
    const rng = Rng.fromSeed(0);
    expect([rng.uniform(), rng.uniform()]).toEqual([0.23171517314895174, 0.9550641652149444]);
    expect([...Rng.fromSeed(0).permutation(10)]).toEqual([7, 9, 2, 3, 5, 8, 0, 4, 1, 6]);
  });
});

describe('streams', () => {
  test('the same seed gives the same stream, another seed another; 0 is a seed like any', () => {
    expect(draws(Rng.fromSeed(5))).toEqual(draws(Rng.fromSeed(5)));
    const firsts = new Set(Array.from({ length: 1000 }, (_, seed) => Rng.fromSeed(seed).uint32()));
    expect(firsts.size).toBe(1000);
  });

  test('a fork does not depend on what else was drawn or forked', () => {
    const untouched = Rng.fromSeed(3).fork('dropout');
    const parent = Rng.fromSeed(3);
    draws(parent, 100);
    draws(parent.fork('init'), 7);
    const fork = parent.fork('dropout');
    expect(draws(fork)).toEqual(draws(untouched));
  });

  test('drawing from a fork leaves its parent as it was', () => {
    const parent = Rng.fromSeed(3);
    draws(parent.fork('a'), 50);
    expect(draws(parent)).toEqual(draws(Rng.fromSeed(3)));
  });

  test('forks of other names, other parents and the parent itself differ', () => {
    const streams = [
      Rng.fromSeed(1),
      Rng.fromSeed(1).fork('a'),
      Rng.fromSeed(1).fork('b'),
      Rng.fromSeed(2).fork('a'),
      Rng.fromSeed(1).fork('a').fork('a'),
    ];
    const firsts = new Set(streams.map((stream) => draws(stream, 2).join()));
    expect(firsts.size).toBe(streams.length);
  });

  test('numbered forks are neither equal nor correlated with their neighbors', () => {
    const parent = Rng.fromSeed(0);
    const n = 20000;
    const values = Array.from({ length: n }, (_, i) => parent.fork(`batch-${i}`).uniform() - 0.5);
    expect(new Set(values).size).toBe(n);
    let covariance = 0;
    for (let i = 1; i < n; i++) covariance += values[i - 1]! * values[i]!;
    // The mean of n products of two uniform(-1/2, 1/2) has standard deviation 1 / (12 sqrt(n)).
    expect(Math.abs(covariance / n)).toBeLessThan(4 / (12 * Math.sqrt(n)));
  });

  test.each([[0.5], [NaN], [Infinity]])('seed %p is refused', (seed) => {
    const error = caught(() => Rng.fromSeed(seed));
    expect(error).toBeInstanceOf(ParamError);
    expect(error.message).toBe(`seed: got ${seed}, expected an integer`);
  });
});

describe('state', () => {
  test('continues the stream after a round trip through JSON', () => {
    const rng = Rng.fromSeed(9).fork('x');
    draws(rng, 13);
    rng.normal();
    const text = JSON.stringify(rng.state());
    const restored = Rng.fromState(JSON.parse(text) as ReturnType<Rng['state']>);
    expect(draws(restored)).toEqual(draws(rng));
  });

  test('a restored stream has the same forks', () => {
    const rng = Rng.fromSeed(9).fork('x');
    draws(rng, 3);
    expect(draws(Rng.fromState(rng.state()).fork('y'))).toEqual(draws(rng.fork('y')));
  });

  test('is a snapshot', () => {
    const rng = Rng.fromSeed(9);
    const state = rng.state();
    const expected = draws(Rng.fromSeed(9));
    draws(rng, 5);
    expect(draws(Rng.fromState(state))).toEqual(expected);
  });
});

describe('drawing by other code', () => {
  test('hands out the words of the state and goes on from those it gets back', () => {
    const rng = Rng.fromSeed(4);
    const ahead = Rng.fromState(rng.state());
    draws(ahead, 11);
    const drawn = rng.drawWith((words) => {
      expect([...words]).toEqual(
        Rng.fromSeed(4)
          .state()
          .words.map((word) => word >>> 0),
      );
      words.set(ahead.state().words);
      return 'mask';
    });
    expect(drawn).toBe('mask');
    expect(rng.state()).toEqual(ahead.state());
    expect(draws(rng)).toEqual(draws(ahead));
  });

  test('that draws nothing leaves the stream as it was', () => {
    const rng = Rng.fromSeed(4);
    rng.drawWith(() => undefined);
    expect(rng.state()).toEqual(Rng.fromSeed(4).state());
  });
});

describe('permutations', () => {
  test.each([0, 1, 2, 257])('permutation(%p) holds every number once', (n) => {
    const sorted = [...Rng.fromSeed(1).permutation(n)].sort((a, b) => a - b);
    expect(sorted).toEqual(Array.from({ length: n }, (_, i) => i));
  });

  test('shuffle works in place on arrays of anything', () => {
    const values = ['a', 'b', 'c', 'd', 'e'];
    const shuffled = Rng.fromSeed(2).shuffle(values);
    expect(shuffled).toBe(values);
    expect([...shuffled].sort()).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  test('all orders of three are equally likely', () => {
    const rng = Rng.fromSeed(4);
    const counts = new Map<string, number>();
    const n = 12000;
    for (let i = 0; i < n; i++) {
      const order = rng.permutation(3).join('');
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    const chiSquare = [...counts.values()].reduce((sum, c) => sum + (c - n / 6) ** 2 / (n / 6), 0);
    expect(chiSquare).toBeLessThan(20.5); // 0.1 % tail, 5 degrees of freedom
  });
});
