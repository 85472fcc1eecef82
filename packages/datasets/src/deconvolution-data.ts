import {
  asCategorical,
  categoricalFromStrings,
  compareText,
  DataError,
  DenseMatrix,
  type AnnData,
} from '@dance-ts/core';

/** By how much the proportions of a spot may miss a sum of 1 before they are scaled to it. */
const SUM_TOLERANCE = 1e-3;
/** Names listed in a message. */
const SHOWN = 5;

/** A single-cell reference and spots on the same genes, with the true proportions if known. */
export interface DeconvolutionData {
  /** Cells; `obs[labelKey]` has one of `cellTypes`. */
  readonly reference: AnnData;
  /** Spots; `obsm.spatial` has their positions if there are any. */
  readonly spots: AnnData;
  /** True proportions, spots x types in the order of `cellTypes`; undefined if unknown. */
  readonly proportions: DenseMatrix | undefined;
  /** Types, in alphabetical order. */
  readonly cellTypes: readonly string[];
  /** Column of the reference's obs with the types. */
  readonly labelKey: string;
}

/** Options of {@link pairReferenceSpots}. */
export interface ReferenceSpotsOptions {
  /** Column of the reference's obs with the types, default `cell_type`. */
  readonly labelKey?: string;
  /**
   * Keep only types that both the reference and the known proportions have (default), as DANCE
   * does; if false, all types of the reference, with proportions of 0 where they are not among
   * those known.
   */
  readonly commonTypesOnly?: boolean;
}

/**
 * Reference and spots as data for deconvolution: cut to the genes both have, in the order of the
 * spots; reference cells without a label are left out, and so are spots that are themselves in the
 * reference (by name).
 *
 * Known proportions are `obsm.proportions` of the spots, columns named by `uns.proportion_names` or,
 * in a table, by its columns; their order becomes alphabetical.
 *
 * @throws DataError if no gene or no cell type is shared, no reference cell is labelled, no spot is
 *   left, or proportions are negative, without names or do not sum to 1
 */
export function pairReferenceSpots(
  reference: AnnData,
  spots: AnnData,
  { labelKey = 'cell_type', commonTypesOnly = true }: ReferenceSpotsOptions = {},
): DeconvolutionData {
  const known = new Set(reference.obsNames);
  const kept = [...spots.obsNames.keys()].filter((s) => !known.has(spots.obsNames[s] ?? ''));
  if (kept.length === 0) throw new DataError('every spot is also a cell of the reference');
  const truth = truthOf(spots, kept);
  const { codes, categories } = asCategorical(reference.labels(labelKey));
  const present = [...new Set(codes)].filter((code) => code >= 0).map((c) => String(categories[c]));
  if (present.length === 0) throw new DataError(`obs["${labelKey}"] labels no reference cell`);
  const cellTypes = present
    .filter((type) => !commonTypesOnly || truth === undefined || truth.names.includes(type))
    .sort(compareText);
  if (cellTypes.length === 0) {
    throw new DataError('reference and proportions share no cell type', {
      got: `${shorten(present)} and ${shorten(truth?.names ?? [])}`,
      remedy: 'Name the types of both files alike.',
    });
  }
  const types = new Set(cellTypes);
  const cells = [...codes.keys()].filter((i) => types.has(String(categories[codes[i]!])));
  const genes = sharedGenes(reference, spots);
  const cutReference = reference.subset({ obs: cells, var: genes.ofReference });
  const labels = cells.map((i) => String(categories[codes[i]!]));
  cutReference.obs.set(labelKey, categoricalFromStrings(labels));
  cutReference.channels = { ...reference.channels, label: { slot: 'obs', key: labelKey } };
  return {
    reference: cutReference,
    spots: spots.subset({ obs: kept, var: genes.ofSpots }),
    proportions: truth && orderedProportions(truth, cellTypes),
    ...{ cellTypes, labelKey },
  };
}

interface Truth {
  readonly values: DenseMatrix;
  readonly names: readonly string[];
}

/** The known proportions of the given spots; each row scaled to a sum of exactly 1. */
function truthOf(spots: AnnData, kept: readonly number[]): Truth | undefined {
  const found = spots.obsm.get('proportions');
  if (found === undefined) return undefined;
  const names = spots.uns.get('proportion_names');
  if (!(found instanceof DenseMatrix) || !isNames(names) || names.length !== found.nCols) {
    throw new DataError('obsm["proportions"] has no names for its columns', {
      expected: 'one name a column in uns["proportion_names"]',
    });
  }
  const values = found.selectRows(kept);
  const sums = values.rowSums();
  const bad = sums.findIndex(
    (sum, s) => !(Math.abs(sum - 1) <= SUM_TOLERANCE) || values.row(s).some((share) => share < 0),
  );
  if (bad >= 0) {
    throw new DataError('obsm["proportions"] are not proportions', {
      got: `${Array.from(values.row(bad)).slice(0, SHOWN).join(', ')} ... with sum ${sums[bad]!}`,
      expected: 'values of at least 0 that sum to 1 in each spot',
    });
  }
  return { values: values.scaleRows(sums.map((sum) => 1 / sum)), names };
}

function isNames(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((name) => typeof name === 'string');
}

/** Columns in the order of the types; a type whose proportion is not given has 0. */
function orderedProportions({ values, names }: Truth, cellTypes: readonly string[]): DenseMatrix {
  const ordered = DenseMatrix.zeros(values.nRows, cellTypes.length);
  cellTypes.forEach((type, t) => {
    const column = names.indexOf(type);
    if (column < 0) return;
    for (let s = 0; s < values.nRows; s++) {
      ordered.data[s * cellTypes.length + t] = values.get(s, column);
    }
  });
  return ordered;
}

function sharedGenes(
  reference: AnnData,
  spots: AnnData,
): { ofReference: number[]; ofSpots: number[] } {
  const places = new Map(reference.varNames.map((name, place) => [name, place]));
  const [ofReference, ofSpots]: [number[], number[]] = [[], []];
  spots.varNames.forEach((name, place) => {
    const found = places.get(name);
    if (found === undefined) return;
    ofReference.push(found);
    ofSpots.push(place);
  });
  if (ofSpots.length > 0) return { ofReference, ofSpots };
  throw new DataError('reference and spots share no gene', {
    got: `${shorten(reference.varNames)} and ${shorten(spots.varNames)}`,
    remedy: 'Name the genes of both files alike.',
  });
}

function shorten(names: readonly string[]): string {
  return names.slice(0, SHOWN).join(', ') || 'none';
}
