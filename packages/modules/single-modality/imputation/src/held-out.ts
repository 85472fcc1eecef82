import { AnnData, DataError, Rng, Table, toCsr, type CsrMatrix, type Matrix } from '@dance-ts/core';
import { drawEntryMask, splitCounts, valuesAt, withoutEntries } from '@dance-ts/transforms';
import type { ExpressionScale } from './expression-scale.js';
import { cellScale } from './normalize-cells.js';

/** Layer of masked data with the true counts of the validation entries, and nothing else. */
export const VALIDATION_LAYER = 'validation';

/** Data with some counts taken away, and what was taken away. */
export interface HeldOutEntries {
  readonly kind: 'entries';
  /**
   * What a model may see: X without the held-out counts, names, splits and the columns of `obs` and
   * `var` that are no numbers. Everything else of the original stays behind, as it may tell of the
   * values. With validation entries, `layers['validation']` holds their true counts.
   */
  readonly data: AnnData;
  /** Stored entries: the validation entries with their true counts, [nCells, nGenes]. */
  readonly validation: CsrMatrix;
  /** Stored entries: the test entries with their true counts, [nCells, nGenes]. */
  readonly test: CsrMatrix;
}

/** Data whose molecules were split at random into two parts. */
export interface HeldOutCounts {
  readonly kind: 'counts';
  /** The part a model may see; reduced as {@link HeldOutEntries.data}. */
  readonly data: AnnData;
  /** Counts of the other part, [nCells, nGenes]. */
  readonly other: CsrMatrix;
}

/** What a model is scored on. */
export type HeldOut = HeldOutEntries | HeldOutCounts;

/** Options of {@link holdOutEntries}. */
export interface HoldOutOptions {
  /** Share of the positive counts of each cell that is taken away; default 0.1. */
  readonly rate?: number;
  /** `exp` (default): small counts more often, with weights exp(-count / 20). */
  readonly distribution?: 'exp' | 'uniform';
  /** Cells with at most this many positive counts stay whole; default 5. */
  readonly minGeneCounts?: number;
  /** Share of what is taken away that is for the test, the rest for validation; default 0.9. */
  readonly testShare?: number;
  /** Seed of the draw; default 0. */
  readonly seed?: number;
}

/**
 * Takes some positive counts away before anything else is done with the data, so that nothing a
 * model derives (choice of genes, size factors, graphs, components) can know them.
 *
 * Source: Arisdakessian et al., Genome Biology 20:211, 2019 (exponential weights).
 *
 * @param data - raw counts in X
 * @throws ParamError; DataError if nothing can be taken away
 */
export function holdOutEntries(data: AnnData, options: HoldOutOptions = {}): HeldOutEntries {
  const { seed = 0, ...rest } = options;
  const X = toCsr(data.X);
  const rng = Rng.fromSeed(seed).fork('held-out entries');
  const drawn = drawEntryMask(X, {
    ...{ rate: 0.1, distribution: 'exp', minGeneCounts: 5, testShare: 0.9 },
    ...rest,
    rng,
  });
  const [validation, test] = [valuesAt(X, drawn.validation), valuesAt(X, drawn.test)];
  if (test.nnz === 0) {
    throw new DataError('no count could be held out for the test', {
      got: `${X.nnz} positive counts in ${X.nRows} cells`,
      remedy: 'Raise the rate or the share of the test, or lower minGeneCounts.',
    });
  }
  const seen = reduced(data, withoutEntries(X, drawn.validation, drawn.test));
  if (validation.nnz > 0) seen.layers.set(VALIDATION_LAYER, validation);
  return { kind: 'entries', data: seen, validation, test };
}

/**
 * Splits the molecules of integer counts: each goes to the part the model sees with probability
 * `fraction`. If counts are Poisson, the parts are independent given the expression, so that the
 * other part judges a model on all entries, zeros included.
 *
 * Source: Batson, Royer & Webber, Molecular cross-validation for single-cell RNA-seq, bioRxiv
 * 786269, 2019; Neufeld et al., Biostatistics 25(1), 2024.
 *
 * @param data - integer counts in X
 * @param options - `fraction`, default 0.5; `seed`, default 0
 * @throws DataError for counts that are no integers; ParamError
 */
export function holdOutCounts(
  data: AnnData,
  options: { readonly fraction?: number; readonly seed?: number } = {},
): HeldOutCounts {
  const { fraction = 0.5, seed = 0 } = options;
  const rng = Rng.fromSeed(seed).fork('held-out counts');
  const { first, second } = splitCounts(toCsr(data.X), { fraction, rng });
  return { kind: 'counts', data: reduced(data, first), other: second };
}

/**
 * The validation entries of prepared data with their true values on the scale of its X, [nCells,
 * nGenes]; undefined where none were held out, or none is left after the filters.
 *
 * @param scale - `log1p`: log(1 + count x scale of the cell); `sqrt`: the square root;
 *   `normalized`: neither; `counts`: as they are
 */
export function validationEntries(
  prepared: AnnData,
  scale: ExpressionScale,
): CsrMatrix | undefined {
  const layer = prepared.layers.get(VALIDATION_LAYER);
  if (layer === undefined) return undefined;
  const held = toCsr(layer);
  if (held.nnz === 0) return undefined;
  if (scale === 'counts') return held;
  const normalized = held.scaleRows(cellScale(prepared));
  return scale === 'normalized' ? normalized : normalized.mapData((value) => Math[scale](value));
}

/** The matrix with the names, labels and splits of the data, and nothing computed from counts. */
function reduced(data: AnnData, X: Matrix): AnnData {
  const seen = new AnnData({ X, obs: withoutNumbers(data.obs), var: withoutNumbers(data.var) });
  seen.splits = data.splits;
  const { label } = data.channels;
  if (label?.slot === 'obs' && seen.obs.has(label.key)) seen.channels = { label };
  return seen;
}

function withoutNumbers(table: Table): Table {
  const kept = new Table(table.index);
  for (const [name, column] of table.entries()) {
    if (column.kind !== 'numeric') kept.set(name, column);
  }
  return kept;
}
