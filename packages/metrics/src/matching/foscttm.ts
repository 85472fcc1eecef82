import { DataError, Pacer, type DenseMatrix, type RunOptions } from '@dance-ts/core';
import { checkTargets } from './pairing.js';
import { rowReader, type ValueMatrix } from '../regression/values.js';

/**
 * Fraction of samples closer than the true match (Liu et al., 2019; Singh et al., 2020) from
 * similarities: 0 if the right target of each cell is its nearest, about 0.5 by chance. Targets as
 * close as the right one count half.
 *
 * @param scores - [n, n], higher is closer; weights of pairs will do
 * @param truth - column of the right target of each cell, [n]; target i of cell i if left out
 * @throws DataError if there are not two or more cells, as many targets, or a score is NaN
 */
export function foscttmOfScores(scores: ValueMatrix, truth?: ArrayLike<number>): number {
  const n = scores.nRows;
  checkPairs(n, scores.nCols);
  if (truth !== undefined) checkTargets(truth, scores);
  const read = rowReader(scores);
  const row = new Float64Array(n);
  let sum = 0;
  for (let i = 0; i < n; i++) {
    read(i, row);
    sum += shareAbove(row, truth?.[i] ?? i);
  }
  return sum / n;
}

/**
 * Fraction of samples closer than the true match of two embeddings, by Euclidean distance, mean of
 * both directions. O(n^2 d) time, memory n.
 *
 * @param source - [n, d]
 * @param target - [n, d]; row i is the same cell as row i of the source
 * @throws DataError if the shapes differ, there are fewer than two cells or a value is NaN;
 * AbortError
 */
export async function foscttm(
  source: DenseMatrix,
  target: DenseMatrix,
  options: RunOptions = {},
): Promise<number> {
  checkPairs(source.nRows, target.nRows);
  if (source.nCols !== target.nCols) {
    throw new DataError('the embeddings differ in dimension', {
      got: `${source.nCols} and ${target.nCols}`,
    });
  }
  const pacer = new Pacer(options.signal);
  const n = source.nRows;
  const closeness = new Float64Array(n);
  let sum = 0;
  for (const [from, to] of [
    [source, target],
    [target, source],
  ] as const) {
    for (let i = 0; i < n; i++) {
      await pacer.tick();
      const own = from.row(i);
      for (let j = 0; j < n; j++) closeness[j] = -squaredDistance(own, to.row(j));
      sum += shareAbove(closeness, i);
    }
  }
  return sum / (2 * n);
}

/** Share of the other entries above entry `own`, ties half. */
function shareAbove(values: Float64Array, own: number): number {
  const limit = values[own]!;
  let above = 0;
  values.forEach((value, j) => {
    if (Number.isNaN(value)) throw new DataError('a score or distance is NaN');
    if (j !== own) above += value > limit ? 1 : value === limit ? 0.5 : 0;
  });
  return above / (values.length - 1);
}

function squaredDistance(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let f = 0; f < a.length; f++) sum += (a[f]! - b[f]!) ** 2;
  return sum;
}

function checkPairs(nSource: number, nTarget: number): void {
  if (nSource === nTarget && nSource > 1) return;
  throw new DataError('each cell needs its match on the other side', {
    got: `${nSource} and ${nTarget} cells`,
    expected: 'as many on both sides, at least 2',
  });
}
