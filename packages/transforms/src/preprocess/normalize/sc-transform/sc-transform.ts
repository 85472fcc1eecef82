import {
  assertCounts,
  DataError,
  defineParams,
  DenseMatrix,
  numericColumn,
  Pacer,
  ParamError,
  toCsr,
  type AnnData,
  type CsrMatrix,
  type Matrix,
  type ParamInput,
} from '@dance-ts/core';
import { columnMoments } from '@dance-ts/ml';
import { z } from 'zod';
import { withoutStoredZeros } from '../../../graph-construct/edges.js';
import { positiveByColumn } from '../../../numeric/positive-counts.js';
import { keepGenes } from '../../../select.js';
import { BaseTransform, type TransformContext, type TransformSpec } from '../../../transform.js';
import { cellsByColumn, cellsBySplit, type CellGroup } from '../../cell-groups.js';
import { fitGenes, type FittedGenes } from './fit-genes.js';

const params = defineParams({
  minCells: z.int().min(1).default(5).describe('Genes in fewer cells are dropped'),
  gmeanEps: z.number().positive().default(1).describe('Added to counts for geometric means'),
  nGenes: z.int().min(2).default(2000).describe('Genes the parameters are fitted on'),
  nCells: z.int().min(2).optional().describe('Cells they are fitted on; all if left out'),
  bwAdjust: z.number().positive().default(3).describe('Factor of the bandwidth of the smoothing'),
  residuals: z
    .enum(['all', 'stored'])
    .default('all')
    .describe(
      'all: of every count, dense, 4 bytes each; stored: of counts above 0, negative ones 0',
    ),
  batchKey: z
    .string()
    .min(1)
    .optional()
    .describe('Column of obs with batches, each fitted by itself'),
  splitNames: z
    .array(z.enum(['train', 'val', 'test']))
    .min(1)
    .optional()
    .describe('Splits to fit each by itself, without common cells; they must hold all cells'),
});

/**
 * Counts become Pearson residuals of a regularized negative binomial regression (sctransform).
 *
 * With n the total of a cell, the count of gene g is modelled by ln mu = b0 + b1 log10 n and variance
 * mu + mu^2 / theta. For a sample of genes, b0 and b1 are fitted by Poisson regression and theta by
 * maximum likelihood; b0, b1 and log10(1 + m / theta) are then smoothed over log10 m, m being the
 * geometric mean of the gene (outliers are left out), and every gene gets its parameters from the
 * smooth curves. The residual (x - mu) / sqrt(mu + mu^2 / theta) is clipped at +-sqrt(cells / 30).
 *
 * Genes in fewer than `minCells` cells are dropped. Writes `var.sct_gmean` (log10), `sct_intercept`,
 * `sct_slope`, `sct_theta` (without batches or splits) and `sct_residual_variance`, by which variable
 * genes can be told. X becomes dense, unless `residuals` is `stored`, as DANCE has it: those of counts
 * above 0 only, and negative ones 0.
 *
 * Source: Hafemeister & Satija, Genome Biol. 20, 2019; sctransform (R) vst, method poisson; DANCE
 * (ScTransform). Used by: search spaces.
 */
export class ScTransform extends BaseTransform<typeof params> {
  static readonly spec: TransformSpec<typeof params> = {
    name: 'ScTransform',
    group: 'normalize',
    summary: 'Pearson residuals of a regularized negative binomial regression of counts.',
    formula: '(x - mu) / sqrt(mu + mu^2 / theta), ln mu = b0 + b1 log10 c_i',
    source: 'Hafemeister & Satija, Genome Biol. 20, 2019; DANCE',
    usedBy: [],
    params,
  };

  /** @throws ParamError for an invalid parameter, or both splitNames and batchKey */
  constructor(input?: ParamInput<typeof params>) {
    super(ScTransform.spec, input);
    if (this.params.splitNames === undefined || this.params.batchKey === undefined) return;
    throw new ParamError('ScTransform: groups of cells', {
      got: 'both splitNames and batchKey',
      expected: 'one of them, or neither',
    });
  }

  /**
   * @throws DataError if X holds no whole counts, a cell has none, no gene is in enough cells of a
   * group, or groups do not part the cells; AbortError
   */
  protected override async transform(data: AnnData, context: TransformContext): Promise<AnnData> {
    assertWholeCounts(data.X, this.name);
    const totals = data.X.rowSums();
    const empty = totals.findIndex((total) => total === 0);
    if (empty >= 0) {
      throw new DataError(`${this.name}: cell ${empty} has no counts`, {
        remedy: 'Run FilterCellsScanpy with { minCounts: 1 } before.',
      });
    }
    const { minCells } = this.params;
    const keep = Uint8Array.from(positiveByColumn(data.X), (n) => (n >= minCells ? 1 : 0));
    const kept = keepGenes(data, keep, this.name);
    const logTotals = totals.map((total) => Math.log10(total));
    const groups = this.groups(data);
    kept.X = await this.residualsOf(kept, logTotals, groups, context);
    const { variance } = columnMoments(kept.X);
    kept.var.set('sct_residual_variance', numericColumn(variance));
    return kept;
  }

  private groups(data: AnnData): CellGroup[] {
    const { batchKey, splitNames } = this.params;
    if (batchKey === undefined && splitNames === undefined) {
      return [{ name: 'all', cells: Int32Array.from({ length: data.nObs }, (_, i) => i) }];
    }
    const groups =
      batchKey === undefined
        ? cellsBySplit(data, splitNames ?? [], this.name)
        : cellsByColumn(data, batchKey);
    const times = new Uint8Array(data.nObs);
    for (const { cells } of groups) for (const cell of cells) times[cell]! += 1;
    const wrong = times.findIndex((n) => n !== 1);
    if (wrong < 0) return groups;
    throw new DataError(`${this.name}: groups do not part the cells`, {
      got: `cell ${wrong} in ${times[wrong]!} of them`,
      expected: 'every cell in one',
    });
  }

  private async residualsOf(
    data: AnnData,
    logTotals: Float64Array,
    groups: readonly CellGroup[],
    context: TransformContext,
  ): Promise<Matrix> {
    const X = withoutStoredZeros(toCsr(data.X));
    const out =
      this.params.residuals === 'all'
        ? DenseMatrix.zeros(X.nRows, X.nCols)
        : X.withData(new Float32Array(X.nnz));
    for (const { name, cells } of groups) {
      const fitted = await this.fit(X.selectRows(cells), cells, logTotals, name, context);
      if (groups.length === 1) writeParameters(data, fitted);
      await writeResiduals(X, cells, logTotals, fitted, out, context);
    }
    return out.kind === 'csr' ? withoutStoredZeros(out) : out;
  }

  private async fit(
    X: CsrMatrix,
    cells: Int32Array,
    logTotals: Float64Array,
    group: string,
    context: TransformContext,
  ): Promise<FittedGenes> {
    const { minCells, gmeanEps, nGenes, nCells, bwAdjust } = this.params;
    const fitted = await fitGenes(
      X.transpose(),
      Float64Array.from(cells, (cell) => logTotals[cell]!),
      {
        minCells,
        gmeanEps,
        nGenes,
        nCells,
        bandwidthFactor: bwAdjust,
        rng: context.rng.fork(group),
        signal: context.signal,
      },
    );
    if (fitted !== undefined) return fitted;
    throw new DataError(`${this.name}: no gene of group "${group}" is in enough cells`, {
      got: `${cells.length} cells`,
      expected: `a gene in at least minCells = ${minCells} of them`,
      remedy: 'Lower minCells, or merge small groups.',
    });
  }
}

function assertWholeCounts(X: Matrix, owner: string): void {
  assertCounts(X);
  const bad = X.data.find((value) => !Number.isInteger(value));
  if (bad === undefined) return;
  throw new DataError(`${owner} needs raw counts`, {
    got: `a value of ${bad}`,
    expected: 'whole numbers',
    remedy: 'Run it before any normalization.',
  });
}

function writeParameters(data: AnnData, fitted: FittedGenes): void {
  data.var.set('sct_gmean', numericColumn(fitted.logMeans));
  data.var.set('sct_intercept', numericColumn(fitted.intercept));
  data.var.set('sct_slope', numericColumn(fitted.slope));
  data.var.set('sct_theta', numericColumn(fitted.theta));
}

/** Residuals of the cells into their rows of `out`. */
async function writeResiduals(
  X: CsrMatrix,
  cells: Int32Array,
  logTotals: Float64Array,
  { intercept, slope, theta, logMeans }: FittedGenes,
  out: DenseMatrix | CsrMatrix,
  { signal }: TransformContext,
): Promise<void> {
  const limit = Math.sqrt(cells.length / 30);
  const pacer = new Pacer(signal);
  const residual = (cell: number, gene: number, count: number): number => {
    if (logMeans[gene] === -Infinity) return 0;
    const mu = Math.exp(intercept[gene]! + slope[gene]! * logTotals[cell]!);
    const value = (count - mu) / Math.sqrt(mu + (mu * mu) / theta[gene]!);
    return Math.max(-limit, Math.min(limit, value));
  };
  for (const cell of cells) {
    await pacer.tick();
    const { indices, data } = X.row(cell);
    if (out.kind === 'csr') {
      const row = out.row(cell).data;
      for (let e = 0; e < data.length; e++) {
        row[e] = Math.max(0, residual(cell, indices[e]!, data[e]!));
      }
      continue;
    }
    const row = out.row(cell);
    for (let e = 0; e < data.length; e++) row[indices[e]!] = data[e]!;
    for (let gene = 0; gene < row.length; gene++) row[gene] = residual(cell, gene, row[gene]!);
  }
}
