import { describe, expect, test } from '@jest/globals';
import { DataError, ParamError } from '../errors.js';
import { Rng } from '../random/rng.js';
import { categoricalColumn } from '../table/column.js';
import { caught } from '../testing/caught.js';
import type { Splits } from './channels.js';
import { randomSplits, type SplitFractions } from './splits.js';

const sizes = ({ train, val, test }: Splits): number[] => [train.length, val.length, test.length];
const everyCell = ({ train, val, test }: Splits): number[] =>
  [...train, ...val, ...test].sort((a, b) => a - b);
const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

describe('randomSplits', () => {
  test.each([
    [{ train: 0.7, val: 0.1 }, [70, 10, 20]],
    [{ train: 0.8 }, [80, 0, 20]],
    [{ train: 1 }, [100, 0, 0]],
    [{ train: 0, val: 1 }, [0, 100, 0]],
    [{ train: 0 }, [0, 0, 100]],
  ])('%p of 100 cells', (fractions, expected) => {
    const splits = randomSplits(100, fractions, Rng.fromSeed(0));
    expect(sizes(splits)).toEqual(expected);
    expect(everyCell(splits)).toEqual(upTo(100));
  });

  test('every cell has a place whatever the rounding', () => {
    for (let n = 0; n < 30; n++) {
      for (const train of [0, 0.33, 0.5, 0.9]) {
        const splits = randomSplits(n, { train, val: (1 - train) / 2 }, Rng.fromSeed(n));
        expect(everyCell(splits)).toEqual(upTo(n));
        expect(Math.abs(splits.train.length - train * n)).toBeLessThanOrEqual(0.5);
      }
    }
  });

  test('parts are sorted', () => {
    const { train } = randomSplits(1000, { train: 0.5 }, Rng.fromSeed(1));
    expect([...train]).toEqual([...train].sort((a, b) => a - b));
  });

  test('the same stream gives the same parts, another one others', () => {
    const splits = (seed: number): Splits =>
      randomSplits(50, { train: 0.5, val: 0.2 }, Rng.fromSeed(seed));
    expect(splits(1)).toEqual(splits(1));
    expect(splits(1)).not.toEqual(splits(2));
  });

  test('each cell is as likely to train as any other', () => {
    const rng = Rng.fromSeed(3);
    const counts = new Float64Array(10);
    const rounds = 4000;
    for (let r = 0; r < rounds; r++) {
      for (const cell of randomSplits(10, { train: 0.3 }, rng).train) counts[cell]! += 1;
    }
    const deviation = Math.sqrt(rounds * 0.3 * 0.7);
    for (const count of counts) expect(Math.abs(count - rounds * 0.3)).toBeLessThan(4 * deviation);
  });

  test('large data fit, too', () => {
    const splits = randomSplits(400_000, { train: 0.9 }, Rng.fromSeed(0));
    expect(sizes(splits)).toEqual([360_000, 0, 40_000]);
  });

  test.each<[SplitFractions]>([
    [{ train: -0.1 }],
    [{ train: 0.8, val: 0.3 }],
    [{ train: NaN }],
    [{ train: 0.5, val: -0.1 }],
  ])('%p is refused', (fractions) => {
    const error = caught(() => randomSplits(10, fractions, Rng.fromSeed(0)));
    expect(error).toBeInstanceOf(ParamError);
    expect(error.message).toContain(`got train ${fractions.train}, val ${fractions.val ?? 0}`);
  });
});

describe('with strata', () => {
  // 40 of class 0, 20 of class 1, 10 of class 2 and 10 without a class.
  const codes = Int32Array.from(upTo(80), (i) => (i < 40 ? 0 : i < 60 ? 1 : i < 70 ? 2 : -1));
  const strata = categoricalColumn(codes, ['a', 'b', 'c']);

  test('each class is split by itself, cells without one like a class', () => {
    const splits = randomSplits(80, { train: 0.6, val: 0.2 }, Rng.fromSeed(2), strata);
    const classCounts = (cells: Int32Array): number[] =>
      [0, 1, 2, -1].map((code) => cells.filter((cell) => codes[cell] === code).length);
    expect(classCounts(splits.train)).toEqual([24, 12, 6, 6]);
    expect(classCounts(splits.val)).toEqual([8, 4, 2, 2]);
    expect(classCounts(splits.test)).toEqual([8, 4, 2, 2]);
    expect(everyCell(splits)).toEqual(upTo(80));
  });

  test('a label for each cell is needed', () => {
    const error = caught(() => randomSplits(81, { train: 0.5 }, Rng.fromSeed(0), strata));
    expect(error).toBeInstanceOf(DataError);
    expect(error.message).toContain('got 80 labels, expected 81');
  });
});
