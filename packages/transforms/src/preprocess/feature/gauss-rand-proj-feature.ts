import {
  DataError,
  defineParams,
  DenseMatrix,
  Pacer,
  type AnnData,
  type Matrix,
  type ParamInput,
  type Rng,
} from '@dance-ts/core';
import { getKernels } from '@dance-ts/kernels';
import { z } from 'zod';
import { sparseTimesDense } from '../../numeric/sparse-times-dense.js';
import { BaseTransform, type TransformContext, type TransformSpec } from '../../transform.js';

const params = defineParams({
  nComponents: z
    .int()
    .min(0)
    .default(400)
    .describe('Width of the features; 0: wide enough to keep distances within 1 +- eps'),
  eps: z
    .number()
    .gt(0)
    .lt(1)
    .default(0.1)
    .describe('Distortion of distances; used where nComponents is 0'),
  out: z.string().min(1).default('GaussRandProjFeature').describe('Key of obsm for the features'),
});

/**
 * Features of cells by random projection: X R with R_gj ~ N(0, 1 / k), genes x k. By the lemma of Johnson
 * and Lindenstrauss, k >= 4 ln(cells) / (eps^2 / 2 - eps^3 / 3) keeps squared distances of all cells
 * within a factor of 1 +- eps, whatever the data. The same seed gives the same projection.
 *
 * Memory: genes x k x 4 bytes for R.
 *
 * Source: Dasgupta & Gupta, Random Struct. Algorithms 22, 2003; scikit-learn GaussianRandomProjection;
 * DANCE (GaussRandProjFeature). Used by: search spaces.
 */
export class GaussRandProjFeature extends BaseTransform<typeof params> {
  static readonly spec: TransformSpec<typeof params> = {
    name: 'GaussRandProjFeature',
    group: 'feature',
    summary: 'Random projection of the cells that about keeps their distances.',
    formula: 'X R, R_gj ~ N(0, 1 / k)',
    source: 'Dasgupta & Gupta, Random Struct. Algorithms 22, 2003; DANCE',
    usedBy: [],
    params,
  };

  /** @throws ParamError for an unknown or invalid parameter */
  constructor(input?: ParamInput<typeof params>) {
    super(GaussRandProjFeature.spec, input);
  }

  /** @throws DataError if nComponents is 0 and eps asks for more features than there are genes; AbortError */
  protected override async transform(data: AnnData, context: TransformContext): Promise<AnnData> {
    const k = this.width(data);
    const projection = await gaussianMatrix(data.nVars, k, context.rng.fork('projection'), context);
    const view = data.view();
    view.obsm.set(this.params.out, await product(data.X, projection));
    return view;
  }

  private width({ nObs, nVars }: AnnData): number {
    const { nComponents, eps } = this.params;
    if (nComponents > 0) return nComponents;
    const k = Math.floor((4 * Math.log(Math.max(nObs, 1))) / (eps ** 2 / 2 - eps ** 3 / 3));
    if (k >= 1 && k <= nVars) return k;
    throw new DataError(`${this.name}: no width for this eps fits the data`, {
      got: `${k} features for ${nObs} cells and ${nVars} genes`,
      expected: 'at least 1, at most the number of genes',
      remedy: 'Give a number of components, or a larger eps.',
    });
  }
}

async function gaussianMatrix(
  nRows: number,
  k: number,
  rng: Rng,
  { signal }: TransformContext,
): Promise<DenseMatrix> {
  const matrix = DenseMatrix.zeros(nRows, k);
  const scale = 1 / Math.sqrt(k);
  const pacer = new Pacer(signal);
  for (let i = 0; i < nRows; i++) {
    await pacer.tick();
    const row = matrix.row(i);
    for (let j = 0; j < k; j++) row[j] = scale * rng.normal();
  }
  return matrix;
}

async function product(X: Matrix, B: DenseMatrix): Promise<DenseMatrix> {
  const kernels = await getKernels();
  if (X.kind === 'csr') return sparseTimesDense(kernels, X, B);
  const out = DenseMatrix.zeros(X.nRows, B.nCols);
  kernels.gemm({ m: X.nRows, n: B.nCols, k: X.nCols, a: X.data, b: B.data, out: out.data });
  return out;
}
