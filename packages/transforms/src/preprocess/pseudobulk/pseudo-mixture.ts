import {
  AnnData,
  DataError,
  defineParams,
  DenseMatrix,
  numericColumn,
  Pacer,
  ParamError,
  Table,
  toCsr,
  type CsrMatrix,
  type ParamInput,
  type Rng,
} from '@dance-ts/core';
import { z } from 'zod';
import { assertFinite } from '../../graph-construct/assert-finite.js';
import { sparseRowsInSteps } from '../../graph-construct/sparse-rows.js';
import { BaseTransform, type TransformContext, type TransformSpec } from '../../transform.js';
import { channelMatrix, channelParams } from '../channel-matrix.js';
import { drawMixture, type DrawnCell } from './mixture-draws.js';
import { referenceParams, referenceTypes, type ReferenceType } from './reference-types.js';

/** Key of `obsm` for the proportions of pseudo-spots unless another is asked for. */
export const CELL_TYPE_PORTION_KEY = 'cell_type_portion';

const params = defineParams({
  ...referenceParams,
  ...channelParams,
  nPseudo: z.int().min(1).default(1000).describe('Pseudo-spots to make'),
  ncMin: z.int().min(1).default(2).describe('Fewest cells of a pseudo-spot'),
  ncMax: z.int().min(1).default(10).describe('Most cells of a pseudo-spot'),
  maxTypes: z
    .int()
    .min(1)
    .optional()
    .describe('Most types of a pseudo-spot, cells with replacement; if left out, any cells'),
  thinAbove: z
    .number()
    .positive()
    .nullable()
    .default(25_000)
    .describe('Pseudo-spots with more counts lose some at random; null keeps them all'),
  thinTo: z
    .number()
    .positive()
    .default(20_000)
    .describe('Counts such a pseudo-spot is left with on average; at most thinAbove'),
  prefix: z.string().default('ps_mix_').describe('Names are this and a number from 1 on'),
  out: z
    .string()
    .min(1)
    .default(CELL_TYPE_PORTION_KEY)
    .describe('Key of obsm for the proportions of the types'),
});

/**
 * Pseudo-spots from labelled cells, to learn deconvolution from: each sums the counts of `ncMin` to
 * `ncMax` random cells (uniform), different ones of any type (DSTG), or, with `maxTypes`, cells drawn
 * with replacement from 1 to `maxTypes` random types (STdGCN: ncMin 8, ncMax 12, maxTypes 4).
 *
 * The result holds the pseudo-spots only, over the same genes: X sparse, `obs.cell_count` and
 * `obs.total_umi_count`, the proportions [nPseudo, nTypes] in `obsm[out]` with the types' names in
 * `uns.proportion_names`. DANCE appends them to the data that hold cells and spots.
 *
 * A pseudo-spot with more than `thinAbove` counts is thinned, as DSTG's authors do and DANCE does not:
 * each count stays with probability thinTo / total.
 *
 * Source: Song & Su, Briefings in Bioinformatics 22(5), 2021; Li & Luo, Genome Biology 25:206, 2024;
 * DANCE (PseudoMixture).
 */
export class PseudoMixture extends BaseTransform<typeof params> {
  static readonly spec: TransformSpec<typeof params> = {
    name: 'PseudoMixture',
    group: 'misc',
    summary: 'Makes pseudo-spots of known composition out of labelled cells.',
    formula: 'x = sum of n random cells, n ~ U{ncMin..ncMax}; proportions = cells of the type / n',
    source: 'Song & Su, Briefings in Bioinformatics 22(5), 2021; DANCE',
    usedBy: ['DSTG', 'STdGCN'],
    params,
  };

  /** @throws ParamError for an unknown or invalid parameter */
  constructor(input?: ParamInput<typeof params>) {
    super(PseudoMixture.spec, input);
    const { ncMin, ncMax, thinAbove, thinTo } = this.params;
    if (ncMin > ncMax) {
      throw new ParamError(`${this.name}: ncMin is above ncMax`, { got: `${ncMin} > ${ncMax}` });
    }
    if (thinAbove !== null && thinTo > thinAbove) {
      throw new ParamError(`${this.name}: thinTo is above thinAbove`, {
        got: `${thinTo} > ${thinAbove}`,
      });
    }
  }

  /**
   * @throws DataError without the labels, with fewer cells than a pseudo-spot needs, or if counts are
   *   to be thinned that are no counts; AbortError
   */
  protected override async transform(data: AnnData, context: TransformContext): Promise<AnnData> {
    const { nPseudo, prefix, out } = this.params;
    const types = referenceTypes(data, this.params, this.name);
    this.assertEnoughCells(types);
    const matrix = channelMatrix(data, this.params, this.name);
    assertFinite(matrix, this.name);
    const draws = context.rng.fork('cells');
    const mixtures = Array.from({ length: nPseudo }, () => drawMixture(types, this.params, draws));
    const X = await this.sums(toCsr(matrix), mixtures, context);
    const names = mixtures.map((_, i) => `${prefix}${i + 1}`);
    return new AnnData({
      X,
      obs: new Table(names, [
        ['cell_count', numericColumn(Int32Array.from(mixtures, ({ length }) => length))],
        ['total_umi_count', numericColumn(X.rowSums())],
      ]),
      var: data.var.copy(),
      varm: data.varm,
      obsm: [[out, proportions(mixtures, types.length)]],
      uns: new Map([['proportion_names', types.map(({ name }) => name)]]),
    });
  }

  private assertEnoughCells(types: readonly ReferenceType[]): void {
    const { ncMax, maxTypes } = this.params;
    const nCells = types.reduce((sum, { cells }) => sum + cells.length, 0);
    if (maxTypes !== undefined || nCells >= ncMax) return;
    throw new DataError(`${this.name}: too few cells for a pseudo-spot of different cells`, {
      got: `${nCells} cells with a type`,
      expected: `at least ncMax = ${ncMax}`,
      remedy: 'Take a smaller ncMax, or set maxTypes to draw with replacement.',
    });
  }

  private async sums(
    cells: CsrMatrix,
    mixtures: readonly (readonly DrawnCell[])[],
    { rng, signal }: TransformContext,
  ): Promise<CsrMatrix> {
    const thinning = rng.fork('thinning');
    const rows = mixtures.length;
    const totals = await sparseRowsInSteps(rows, cells.nCols, new Pacer(signal), (i, add) => {
      for (const { cell } of mixtures[i]!) addRow(cells, cell, add);
    });
    const { thinAbove, thinTo } = this.params;
    if (thinAbove === null) return totals;
    const counts = totals.rowSums();
    if (counts.every((count) => count <= thinAbove)) return totals;
    return sparseRowsInSteps(rows, cells.nCols, new Pacer(signal), (i, add) => {
      if (counts[i]! <= thinAbove) addRow(totals, i, add);
      else this.addThinned(totals.row(i), thinTo / counts[i]!, thinning, add);
    });
  }

  /** The entries of a row, each count kept with probability `share`. */
  private addThinned(
    { indices, data }: ReturnType<CsrMatrix['row']>,
    share: number,
    rng: Rng,
    add: (column: number, value: number) => void,
  ): void {
    indices.forEach((gene, k) => {
      const count = data[k]!;
      if (count < 0 || !Number.isInteger(count)) {
        throw new DataError(`${this.name}: only counts can be thinned`, {
          got: String(count),
          expected: 'integers >= 0',
          remedy: 'Name the layer that holds counts, or set thinAbove to null.',
        });
      }
      const kept = rng.binomial(count, share);
      if (kept > 0) add(gene, kept);
    });
  }
}

function addRow(
  matrix: CsrMatrix,
  row: number,
  add: (column: number, value: number) => void,
): void {
  const { indices, data } = matrix.row(row);
  indices.forEach((column, k) => {
    add(column, data[k]!);
  });
}

/** Share of each type among the cells of each mixture, [nMixtures, nTypes]. */
function proportions(mixtures: readonly (readonly DrawnCell[])[], nTypes: number): DenseMatrix {
  const shares = DenseMatrix.zeros(mixtures.length, nTypes);
  mixtures.forEach((cells, i) => {
    const counts = new Float64Array(nTypes);
    for (const { type } of cells) counts[type]! += 1;
    shares.row(i).set(counts.map((count) => count / cells.length));
  });
  return shares;
}
