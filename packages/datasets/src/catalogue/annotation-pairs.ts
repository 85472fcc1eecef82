import { compareText, ParamError } from '@dance-ts/core';

/** How the cells of one data set become reference and query. */
export type PairSplit =
  /** A column of obs that says `train` or `test`. */
  | { readonly column: string }
  /** Stratified folds, drawn with a fixed seed; each is the query once. */
  | { readonly folds: number };

/** A reference and a query: two data sets, or one that is split. */
export interface AnnotationPair {
  readonly name: string;
  readonly title: string;
  /** Data set of the reference. */
  readonly reference: string;
  /** Data set of the query, or how the one of the reference is split. */
  readonly query: string | PairSplit;
}

const PAIRS: readonly AnnotationPair[] = [
  {
    name: 'sim-annotation',
    title: 'Simulated cells, two folds',
    reference: 'sim-annotation',
    query: { folds: 2 },
  },
  {
    name: 'actinn_train_1000',
    title: 'Mouse immune cells, 80/20',
    reference: 'actinn_train_1000',
    query: { column: 'split' },
  },
  {
    name: 'baron_mouse',
    title: 'Mouse pancreas, donor 1 to donor 2',
    reference: 'baron_mouse1_train',
    query: 'baron_mouse2_test',
  },
  {
    name: 'pancreas_xin_wang',
    title: 'Human pancreas, study to study, three types unseen',
    reference: 'pancreas_xin_train',
    query: 'pancreas_wang_test',
  },
  {
    name: 'pbmc_facs',
    title: 'FACS-sorted PBMC, five folds',
    reference: 'pbmc_facs_train',
    query: { folds: 5 },
  },
];

/** Pairs of reference and query, by name. */
export function listAnnotationPairs(): AnnotationPair[] {
  return [...PAIRS].sort((a, b) => compareText(a.name, b.name));
}

/**
 * The pair of that name.
 *
 * @throws ParamError naming those there are
 */
export function describeAnnotationPair(name: string): AnnotationPair {
  const pair = PAIRS.find((known) => known.name === name);
  if (pair !== undefined) return pair;
  throw new ParamError(`there is no annotation data set "${name}"`, {
    expected: `one of ${PAIRS.map((known) => known.name).join(', ')}`,
    remedy: 'For files of your own use --reference and --query.',
  });
}
