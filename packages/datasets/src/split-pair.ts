import { asCategorical, DataError, Rng, type AnnData } from '@dance-ts/core';
import type { PairSplit } from './catalogue/annotation-pairs.js';

/** Labelled cells to learn from and cells to label. */
export interface ReferenceQuery {
  readonly reference: AnnData;
  readonly query: AnnData;
}

/** The folds are the same whatever the seed of a run. */
const FOLD_SEED = 0;

/**
 * Reference and query from one data set: by a column of obs, or each fold against the others.
 *
 * @param labelKey - column whose classes are spread evenly over the folds
 * @throws DataError if the column does not say `train` and `test`
 */
export function splitPair(data: AnnData, split: PairSplit, labelKey: string): ReferenceQuery[] {
  if ('folds' in split) {
    const foldOf = stratifiedFolds(data.labels(labelKey).codes, split.folds);
    return Array.from({ length: split.folds }, (_, fold) =>
      pairOf(data, foldOf, (f) => f === fold),
    );
  }
  const { codes, categories } = asCategorical(data.obs.get(split.column));
  const [train, test] = ['train', 'test'].map((name) => categories.indexOf(name));
  if (train === undefined || test === undefined || train < 0 || test < 0) {
    throw new DataError(`obs["${split.column}"] does not split the cells`, {
      got: `categories ${categories.join(', ')}`,
      expected: 'train and test',
    });
  }
  return [pairOf(data, codes, (code) => code === test)];
}

/** Fold of each cell; each class is shuffled and dealt out in turn, starting where the last ended. */
function stratifiedFolds(codes: Int32Array, nFolds: number): Int32Array {
  const rng = Rng.fromSeed(FOLD_SEED).fork('folds');
  const order = rng.permutation(codes.length);
  order.sort((a, b) => codes[a]! - codes[b]!);
  const foldOf = new Int32Array(codes.length);
  order.forEach((cell, i) => (foldOf[cell] = i % nFolds));
  return foldOf;
}

function pairOf(
  data: AnnData,
  part: Int32Array,
  isQuery: (value: number) => boolean,
): ReferenceQuery {
  const all = Int32Array.from(part.keys());
  return {
    reference: data.subset({ obs: all.filter((i) => !isQuery(part[i]!)) }),
    query: data.subset({ obs: all.filter((i) => isQuery(part[i]!)) }),
  };
}
