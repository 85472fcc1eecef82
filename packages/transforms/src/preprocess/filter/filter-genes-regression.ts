import {
  assertCounts,
  DataError,
  defineParams,
  numericColumn,
  type AnnData,
  type Matrix,
  type ParamInput,
} from '@dance-ts/core';
import { columnMoments } from '@dance-ts/ml';
import { z } from 'zod';
import { fittedPolynomial } from '../../numeric/polynomial-fit.js';
import { positiveByColumn } from '../../numeric/positive-counts.js';
import { keepGenes } from '../../select.js';
import { BaseTransform, type TransformContext, type TransformSpec } from '../../transform.js';
import { channelMatrix, channelParams } from '../channel-matrix.js';

const METHODS = ['enclasc', 'seurat3', 'scmap'] as const;

/** Score of genes that are expressed in no cell or in every cell, below any other. */
const UNRANKED = -100;

const params = defineParams({
  method: z.enum(METHODS).default('enclasc').describe('Regression whose residual ranks the genes'),
  numGenes: z.int().min(1).default(1000).describe('Number of genes to keep, at most all'),
  ...channelParams,
  skipCountCheck: z.boolean().default(false).describe('No warning where X holds fractions'),
});

/**
 * Keeps the genes that lie farthest above a regression over the genes. With m the mean, v the
 * population variance and d the share of cells without the gene:
 *
 * - `enclasc`: 2 y - yhat - m, where y = ln(m + 1) and yhat is its linear regression on d;
 * - `seurat3`: residual of ln(v + 1) on a parabola in ln(m + 1);
 * - `scmap`: residual of log2(100 d) on a line in log2(m + 1).
 *
 * `enclasc` and `scmap` leave out genes with d = 0 or d = 1; those rank last. Of equal scores the
 * first genes are kept. Writes `var.regression_score`; genes stay in their order.
 *
 * Source: Chen et al., BMC Bioinformatics 21:392, 2020 (EnClaSC); Stuart et al., Cell 177, 2019;
 * Kiselev et al., Nat. Methods 15, 2018 (scmap); DANCE (FilterGenesRegression). Used by: search
 * spaces; DANCE's best pipelines of JAE and DCCA.
 */
export class FilterGenesRegression extends BaseTransform<typeof params> {
  static readonly spec: TransformSpec<typeof params> = {
    name: 'FilterGenesRegression',
    group: 'filter',
    summary: 'Keeps the genes farthest above a regression of variability on mean or dropout.',
    formula: 'enclasc: 2 y - yhat(d) - m, y = ln(m + 1); residual of ln(v + 1) or log2(100 d)',
    source: 'Chen et al., BMC Bioinformatics 21:392, 2020; Kiselev et al., Nat. Methods 15, 2018',
    usedBy: [],
    params,
  };

  /** @throws ParamError for an unknown or invalid parameter */
  constructor(input?: ParamInput<typeof params>) {
    super(FilterGenesRegression.spec, input);
  }

  /** @throws DataError for negative or non-finite values, without cells, genes or the layer */
  protected override transform(data: AnnData, { reporter }: TransformContext): AnnData {
    const X = channelMatrix(data, this.params, this.name);
    assertCounts(X);
    if (data.nObs < 1 || data.nVars < 1) {
      throw new DataError('FilterGenesRegression needs cells and genes', {
        got: `${data.nObs} cells, ${data.nVars} genes`,
      });
    }
    const { method, numGenes, skipCountCheck } = this.params;
    if (!skipCountCheck && X.data.some((value) => !Number.isInteger(value))) {
      reporter?.message('warning', `${this.name}: raw counts are expected, but X holds fractions`);
    }
    const scores = method === 'seurat3' ? varianceScores(X) : dropoutScores(X, method);
    const order = Uint32Array.from(scores.keys());
    order.sort((a, b) => scores[b]! - scores[a]! || a - b);
    const keep = new Uint8Array(data.nVars);
    for (const gene of order.subarray(0, numGenes)) keep[gene] = 1;
    const annotated = data.view();
    annotated.var.set('regression_score', numericColumn(scores));
    return keepGenes(annotated, keep, this.name);
  }
}

function varianceScores(X: Matrix): Float64Array {
  const { mean, variance } = columnMoments(X);
  const y = variance.map((value) => Math.log1p(value));
  const fitted = fittedPolynomial(
    mean.map((value) => Math.log1p(value)),
    y,
    2,
  );
  return y.map((value, j) => value - fitted[j]!);
}

function dropoutScores(X: Matrix, method: 'enclasc' | 'scmap'): Float64Array {
  const means = X.columnSums().map((sum) => sum / X.nRows);
  const dropouts = Float64Array.from(positiveByColumn(X), (n) => 1 - n / X.nRows);
  const scores = new Float64Array(X.nCols).fill(UNRANKED);
  const ranked = Uint32Array.from(means.keys()).filter((j) => dropouts[j]! > 0 && dropouts[j]! < 1);
  if (ranked.length === 0) return scores;
  const m = Float64Array.from(ranked, (j) => means[j]!);
  const d = Float64Array.from(ranked, (j) => dropouts[j]!);
  const found = method === 'enclasc' ? enclascScores(m, d) : scmapScores(m, d);
  ranked.forEach((j, i) => {
    scores[j] = found[i]!;
  });
  return scores;
}

function enclascScores(m: Float64Array, d: Float64Array): Float64Array {
  const y = m.map((value) => Math.log1p(value));
  const fitted = fittedPolynomial(d, y, 1);
  return y.map((value, i) => 2 * value - fitted[i]! - m[i]!);
}

function scmapScores(m: Float64Array, d: Float64Array): Float64Array {
  const y = d.map((value) => Math.log2(100 * value));
  const fitted = fittedPolynomial(
    m.map((value) => Math.log2(value + 1)),
    y,
    1,
  );
  return y.map((value, i) => value - fitted[i]!);
}
