import { AnnData, categoricalColumn, CsrMatrix, DataError, ParamError } from '@dance-ts/core';
import { describe, expect, test } from '@jest/globals';
import { randomCounts, snapshot, testContext } from '../testing/data.js';
import { PairwiseConstraints, readPairwiseConstraints } from './pairwise-constraints.js';

const N = 60;
const CODES = Int32Array.from({ length: N }, (_, i) => (i < 10 ? -1 : i % 4));

function labelled(): AnnData {
  const data = AnnData.fromMatrix(randomCounts(N, 4));
  data.obs.set('type', categoricalColumn(CODES, ['a', 'b', 'c', 'd']));
  return data;
}

const draw = (options: ConstructorParameters<typeof PairwiseConstraints>[0], seed = 0) =>
  new PairwiseConstraints({ labelKey: 'type', ...options }).apply(labelled(), testContext(seed));

describe('PairwiseConstraints', () => {
  test('writes pairs that agree with the labels, of a tenth of the labelled cells', async () => {
    const data = labelled();
    const before = snapshot(data);
    const transform = new PairwiseConstraints({ labelKey: 'type', nPairs: 8 });
    const result = await transform.apply(data, testContext());
    const { mustLink, cannotLink } = readPairwiseConstraints(result);
    expect(mustLink.length + cannotLink.length).toBe(8);
    expect(mustLink.every(([a, b]) => CODES[a] === CODES[b])).toBe(true);
    expect(cannotLink.some(([a, b]) => CODES[a] === CODES[b])).toBe(false);
    const cells = new Set([...mustLink, ...cannotLink].flat());
    expect(cells.size).toBeLessThanOrEqual(5);
    expect([...cells].every((cell) => CODES[cell]! >= 0)).toBe(true);
    expect(snapshot(data)).toEqual(before);
  });

  test('is a matter of the seed', async () => {
    const pairs = async (seed: number) =>
      readPairwiseConstraints(await draw({ nPairs: 30, labelFraction: 1 }, seed));
    expect(await pairs(1)).toEqual(await pairs(1));
    expect(await pairs(2)).not.toEqual(await pairs(1));
  });

  test('turns the share of errors asked for round', async () => {
    const result = await draw({ nPairs: 40, labelFraction: 1, errorRate: 0.5 });
    const { mustLink, cannotLink } = readPairwiseConstraints(result);
    const wrong =
      mustLink.filter(([a, b]) => CODES[a] !== CODES[b]).length +
      cannotLink.filter(([a, b]) => CODES[a] === CODES[b]).length;
    expect(wrong).toBe(20);
  });

  test('takes the label channel, and refuses data without one', async () => {
    const data = labelled();
    const transform = new PairwiseConstraints({ nPairs: 5, labelFraction: 1 });
    await expect(transform.apply(data, testContext())).rejects.toThrow(ParamError);
    data.channels = { label: { slot: 'obs', key: 'type' } };
    const { mustLink, cannotLink } = readPairwiseConstraints(
      await transform.apply(data, testContext()),
    );
    expect(mustLink.length + cannotLink.length).toBe(5);
  });

  test('refuses more pairs than there are', async () => {
    await expect(draw({ nPairs: 11 })).rejects.toThrow(/at most 10, of 5 cells/);
  });
});

describe('readPairwiseConstraints', () => {
  const linked = (must: number[][], cannot: number[][]): AnnData => {
    const data = labelled();
    const matrix = (pairs: number[][]): CsrMatrix =>
      CsrMatrix.fromTriplets(
        ...([N, N] as const),
        pairs.map(([a = 0]) => a),
        pairs.map(([, b = 0]) => b),
        pairs.map(() => 1),
      );
    data.obsp.set('must_link', matrix(must));
    data.obsp.set('cannot_link', matrix(cannot).toDense());
    return data;
  };

  test('finds no pairs where there are none', () => {
    expect(readPairwiseConstraints(labelled())).toEqual({ mustLink: [], cannotLink: [] });
  });

  test('takes each pair once, whichever way it is written', () => {
    const data = linked(
      [
        [3, 1],
        [1, 3],
        [0, 2],
      ],
      [[5, 4]],
    );
    expect(readPairwiseConstraints(data)).toEqual({
      mustLink: [
        [0, 2],
        [1, 3],
      ],
      cannotLink: [[4, 5]],
    });
  });

  test('follows a selection of cells', () => {
    const data = linked([[1, 3]], [[1, 5]]).subset({ obs: [5, 3, 1] });
    expect(readPairwiseConstraints(data)).toEqual({ mustLink: [[1, 2]], cannotLink: [[0, 2]] });
  });

  test('refuses contradictions and links to oneself', () => {
    const read = (must: number[][], cannot: number[][]) => () =>
      readPairwiseConstraints(linked(must, cannot));
    expect(read([[1, 2]], [[2, 1]])).toThrow(DataError);
    expect(read([[1, 2]], [[2, 1]])).toThrow(/in both lists/);
    expect(read([[7, 7]], [])).toThrow(/cell 7 to itself/);
  });
});
