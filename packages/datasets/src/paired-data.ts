import { AnnData, asCategorical, DataError, MuData, Rng, Table, type Splits } from '@dance-ts/core';
import type { ModalityKind } from './catalogue/modality-pairs.js';

/** Column of obs that says `train` or `test`. */
const SPLIT_KEY = 'split';
/** Columns that cells of a hidden pairing keep; others could tell who they are. */
const NEUTRAL_COLUMNS = ['batch', SPLIT_KEY];

/** Two modalities of the same cells: row i is the same cell in both. */
export interface PairedData {
  readonly mod1: AnnData;
  readonly mod2: AnnData;
  /** What they measure. */
  readonly kinds: readonly [ModalityKind, ModalityKind];
  /** Column of obs with the cell types, if there are any. */
  readonly labelKey: string | undefined;
}

/** Options of {@link pairModalities}. */
export interface PairOptions {
  readonly kinds?: readonly [ModalityKind, ModalityKind];
  /** Column of obs with the cell types; default `cell_type` if the first modality has it. */
  readonly labelKey?: string | undefined;
}

/**
 * Two modalities as a pair. Where obs of the first has a column `split`, its cells marked `train`,
 * `val` and `test` become the splits of both.
 *
 * @param options - default kinds: RNA and proteins
 * @throws DataError if the cells are not the same in the same order, the label column is missing or
 *   empty, or the split names no training cell
 */
export function pairModalities(
  mod1: AnnData,
  mod2: AnnData,
  options: PairOptions = {},
): PairedData {
  const { kinds = ['rna', 'adt'] } = options;
  const place = mod1.obsNames.findIndex((name, i) => name !== mod2.obsNames[i]);
  if (place >= 0 || mod1.nObs !== mod2.nObs) {
    const [a = 'no cell', b = 'no cell'] = [mod1, mod2].map(
      ({ obsNames }) => obsNames[Math.max(place, 0)],
    );
    throw new DataError('the modalities do not have the same cells in the same order', {
      got: `${mod1.nObs} and ${mod2.nObs} cells, at row ${Math.max(place, 0)} ${a} and ${b}`,
      remedy: 'Bring them into one order, for example with MuData.intersect().',
    });
  }
  const labelKey = options.labelKey ?? (mod1.obs.has('cell_type') ? 'cell_type' : undefined);
  const [first, second] = [mod1.view(), mod2.view()];
  if (labelKey !== undefined) {
    if (!first.labels(labelKey).codes.some((code) => code >= 0)) {
      throw new DataError(`obs["${labelKey}"] labels no cell`);
    }
    first.channels = { ...first.channels, label: { slot: 'obs', key: labelKey } };
  }
  const splits = splitsOf(first);
  if (splits !== undefined) for (const data of [first, second]) data.splits = splits;
  return { mod1: first, mod2: second, kinds, labelKey };
}

function splitsOf(data: AnnData): Splits | undefined {
  if (!data.obs.has(SPLIT_KEY)) return undefined;
  const { codes, categories } = asCategorical(data.obs.get(SPLIT_KEY));
  const cellsOf = (name: string): Int32Array => {
    const code = categories.indexOf(name);
    return Int32Array.from(codes.keys()).filter((i) => code >= 0 && codes[i] === code);
  };
  const splits = { train: cellsOf('train'), val: cellsOf('val'), test: cellsOf('test') };
  if (splits.train.length > 0) return splits;
  throw new DataError(`obs["${SPLIT_KEY}"] names no training cell`, {
    got: `categories ${categories.join(', ') || 'none'}`,
    expected: 'train, val or test',
  });
}

/** The same pair the other way round, to predict the first modality from the second. */
export function swapModalities({ mod1, mod2, kinds, labelKey }: PairedData): PairedData {
  const swapped = { mod1: mod2.view(), mod2: mod1.view() };
  if (labelKey !== undefined) {
    if (!swapped.mod1.obs.has(labelKey)) swapped.mod1.obs.set(labelKey, mod1.obs.get(labelKey));
    swapped.mod1.channels = { ...mod2.channels, label: { slot: 'obs', key: labelKey } };
  }
  return { ...swapped, kinds: [kinds[1], kinds[0]], labelKey };
}

/** The pair as MuData, the modalities named by what they measure. */
export function toMuData({ mod1, mod2, kinds }: PairedData): MuData {
  return new MuData([
    [kinds[0], mod1],
    [kinds[1], mod2],
  ]);
}

/** A pair for matching: the test cells of the second modality are in an unknown order. */
export interface MatchingData extends PairedData {
  /** Row of `mod2` that is the cell of row i of `mod1`, for scoring; train rows are themselves. */
  readonly solution: Int32Array;
}

/**
 * Hides which test cells of the second modality belong to which of the first: shuffles them among
 * themselves, renames them and drops what could tell (columns of obs other than `batch` and
 * `split`, embeddings, graphs).
 *
 * @param seed - of the permutation; default 0
 * @throws DataError if there are no test cells
 */
export function hidePairing(pair: PairedData, { seed = 0 }: { seed?: number } = {}): MatchingData {
  const { mod1, mod2 } = pair;
  const { test } = mod1.splits;
  if (test.length === 0) {
    throw new DataError('there are no test cells whose pairing could be hidden', {
      expected: 'cells marked test in obs["split"]',
    });
  }
  const order = Int32Array.from({ length: mod2.nObs }, (_, i) => i);
  const permutation = Rng.fromSeed(seed).fork('pairing').permutation(test.length);
  permutation.forEach((from, to) => (order[test[to]!] = test[from]!));
  const solution = new Int32Array(order.length);
  order.forEach((cell, row) => (solution[cell] = row));
  const isTest = new Set(test);
  const names = mod2.obsNames.map((name, row) => (isTest.has(row) ? `unmatched${row}` : name));
  const shuffled = mod2.subset({ obs: order });
  const obs = new Table(names);
  for (const column of NEUTRAL_COLUMNS) {
    if (shuffled.obs.has(column)) obs.set(column, shuffled.obs.get(column));
  }
  const hidden = new AnnData({ X: shuffled.X, obs, var: shuffled.var, layers: shuffled.layers });
  hidden.splits = mod1.splits;
  return { ...pair, mod2: hidden, solution };
}
