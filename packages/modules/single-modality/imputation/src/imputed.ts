import {
  CellRoster,
  DenseMatrix,
  FormatError,
  type Bundle,
  type Json,
  type SavedTensor,
} from '@dance-ts/core';

/** What every imputation model keeps of a fit. */
export interface Imputed {
  /** Genes that preprocessing kept, in the order of the columns. */
  readonly genes: readonly string[];
  readonly roster: CellRoster;
  /** Parameters of the preprocessing; null where the data were prepared by other means. */
  readonly preprocessing: Json;
  /** Imputed counts of the cells preprocessing kept; undefined for an inductive model. */
  readonly counts: DenseMatrix | undefined;
  readonly sd: DenseMatrix | undefined;
}

/** Puts it beside what the model itself learned, for saving. */
export function captureImputed(
  { genes, roster, preprocessing, counts, sd }: Imputed,
  own: Bundle,
): Bundle {
  const cells = roster.save();
  return {
    facts: { ...cells.facts, genes, preprocessing, learned: own.facts },
    tensors: new Map([
      ...cells.tensors,
      ...saved('counts', counts),
      ...saved('sd', sd),
      ...own.tensors,
    ]),
  };
}

/**
 * Takes apart what `captureImputed` put together.
 *
 * @param owner - model name, for messages
 * @throws FormatError if there are no genes
 */
export function restoreImputed(
  state: Bundle,
  owner: string,
): { readonly imputed: Imputed; readonly own: Bundle } {
  const { genes, preprocessing = null, learned } = state.facts;
  if (!Array.isArray(genes)) {
    throw new FormatError(`the saved ${owner} has no genes`, { remedy: 'Save the model again.' });
  }
  return {
    imputed: {
      genes: genes as string[],
      roster: CellRoster.load(state),
      preprocessing,
      counts: matrixOf(state.tensors.get('counts')),
      sd: matrixOf(state.tensors.get('sd')),
    },
    own: { facts: learned as Bundle['facts'], tensors: state.tensors },
  };
}

function saved(name: string, matrix: DenseMatrix | undefined): [string, SavedTensor][] {
  return matrix === undefined ? [] : [[name, { shape: matrix.shape, data: matrix.data }]];
}

function matrixOf(tensor: SavedTensor | undefined): DenseMatrix | undefined {
  if (!(tensor?.data instanceof Float32Array)) return undefined;
  const [nRows = 0, nCols = 0] = tensor.shape;
  return new DenseMatrix(nRows, nCols, tensor.data);
}
