import { DataError, type Rng } from '@dance-ts/core';

/** Two cells. */
export type CellPair = readonly [number, number];

/** Pairs of cells that belong together, and pairs that do not. */
export interface LinkedPairs {
  readonly mustLink: readonly CellPair[];
  readonly cannotLink: readonly CellPair[];
}

/** Options of {@link randomPairs}. */
export interface RandomPairsOptions {
  readonly nPairs: number;
  /** Share of the pairs, the first ones drawn, that go into the wrong list; default 0. */
  readonly errorRate?: number;
  readonly rng: Rng;
}

/**
 * Distinct random pairs of labelled cells, sorted into those of one label and those of two (the
 * generator of scDCC's experiments, Tian et al., 2021).
 *
 * @param cells - cells to draw from
 * @param labels - label of every cell by its number
 * @throws DataError if there are not as many pairs
 */
export function randomPairs(
  cells: Int32Array,
  labels: Int32Array,
  { nPairs, errorRate = 0, rng }: RandomPairsOptions,
): LinkedPairs {
  const available = (cells.length * (cells.length - 1)) / 2;
  if (nPairs > available) {
    throw new DataError('there are not as many pairs of labelled cells', {
      got: `${nPairs} pairs asked for`,
      expected: `at most ${available}, of ${cells.length} cells`,
      remedy: 'Ask for fewer pairs or give more labelled cells.',
    });
  }
  const drawn =
    2 * nPairs > available ? allPairs(cells, rng).slice(0, nPairs) : draws(cells, nPairs, rng);
  const nWrong = Math.floor(errorRate * nPairs);
  const mustLink: CellPair[] = [];
  const cannotLink: CellPair[] = [];
  drawn.forEach((pair, i) => {
    const isSame = labels[pair[0]] === labels[pair[1]];
    (isSame === i >= nWrong ? mustLink : cannotLink).push(pair);
  });
  return { mustLink, cannotLink };
}

/** Few of many pairs: drawing again where one was drawn before. */
function draws(cells: Int32Array, nPairs: number, rng: Rng): CellPair[] {
  const pairs: CellPair[] = [];
  const known = new Set<number>();
  while (pairs.length < nPairs) {
    const [i, j] = [rng.int(cells.length), rng.int(cells.length)];
    const key = Math.min(i, j) * cells.length + Math.max(i, j);
    if (i === j || known.has(key)) continue;
    known.add(key);
    pairs.push([cells[i]!, cells[j]!]);
  }
  return pairs;
}

/** Many of few pairs. */
function allPairs(cells: Int32Array, rng: Rng): CellPair[] {
  const pairs: CellPair[] = [];
  cells.forEach((first, i) => {
    for (const second of cells.subarray(i + 1)) pairs.push([first, second]);
  });
  return rng.shuffle(pairs);
}
