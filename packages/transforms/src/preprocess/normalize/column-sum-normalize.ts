import {
  CsrMatrix,
  DataError,
  defineParams,
  DenseMatrix,
  ParamError,
  toCsr,
  type AnnData,
  type Matrix,
  type ParamInput,
} from '@dance-ts/core';
import { z } from 'zod';
import {
  NORMALIZATION_MODES,
  normalizedColumns,
  normalizedRows,
} from '../../numeric/normalized-columns.js';
import { BaseTransform, type TransformSpec } from '../../transform.js';
import { cellsByColumn, cellsBySplit, type CellGroup } from '../cell-groups.js';

const SPLITS = ['train', 'val', 'test'] as const;

const params = defineParams({
  axis: z
    .union([z.literal(0), z.literal(1)])
    .default(0)
    .describe('0: each gene over the cells of a group; 1: each cell over its genes'),
  mode: z
    .enum(NORMALIZATION_MODES)
    .default('normalize')
    .describe('Divide by the sum or Euclidean norm, z-scores, or to 0-1'),
  splitNames: z
    .array(z.enum(['ALL', ...SPLITS]))
    .min(1)
    .optional()
    .describe('Splits to normalize each by itself; ALL: every split that has cells'),
  batchKey: z.string().min(1).optional().describe('Column of obs with groups to normalize each'),
  eps: z
    .number()
    .default(-1)
    .describe('Added to divisors; below 0: divisors of 0 become 1 instead'),
});

/**
 * Genes (axis 0) or cells (axis 1) are normalized: divided by their sum, by default, so that x_ig
 * becomes x_ig / sum_i x_ig. With splits or batches, the cells of each are normalized by themselves;
 * cells in none stay as they are.
 *
 * Sparse stays sparse for the modes `normalize` and `l2`; `standardize` gives a dense matrix, 4 bytes
 * a value. (DANCE makes every matrix dense, and fails with batches.)
 *
 * Source: DANCE (ColumnSumNormalize). Used by: DSTG.
 */
export class ColumnSumNormalize extends BaseTransform<typeof params> {
  static readonly spec: TransformSpec<typeof params> = {
    name: 'ColumnSumNormalize',
    group: 'normalize',
    summary: 'Divides each gene by its sum over all cells, a split or a batch.',
    formula: 'x_ig / sum_i x_ig',
    source: 'DANCE',
    usedBy: ['DSTG'],
    params,
  };

  /** @throws ParamError for an invalid parameter, or both splitNames and batchKey */
  constructor(input?: ParamInput<typeof params>) {
    super(ColumnSumNormalize.spec, input);
    if (this.params.splitNames === undefined || this.params.batchKey === undefined) return;
    throw new ParamError('ColumnSumNormalize: groups of cells', {
      got: 'both splitNames and batchKey',
      expected: 'one of them, or neither',
    });
  }

  /** @throws DataError for infinite values, without the column, or for splits that share cells */
  protected override transform(data: AnnData): AnnData {
    const { axis, mode, eps } = this.params;
    assertFiniteValues(data.X, this.name);
    const normalized = (X: Matrix): Matrix =>
      axis === 0 ? normalizedColumns(X, mode, eps) : normalizedRows(X, mode, eps);
    const groups = this.groups(data);
    const view = data.view();
    view.X =
      groups === undefined
        ? normalized(data.X)
        : inGroups(data.X, withRest(groups, data.nObs, this.name), normalized);
    return view;
  }

  private groups(data: AnnData): CellGroup[] | undefined {
    const { splitNames, batchKey } = this.params;
    if (batchKey !== undefined) return cellsByColumn(data, batchKey);
    if (splitNames === undefined) return undefined;
    const names = splitNames.includes('ALL')
      ? SPLITS.filter((name) => data.splits[name].length > 0)
      : splitNames.filter((name) => name !== 'ALL');
    return cellsBySplit(data, names, this.name);
  }
}

function assertFiniteValues(X: Matrix, owner: string): void {
  const bad = X.data.find((value) => !Number.isFinite(value));
  if (bad === undefined) return;
  throw new DataError(`${owner}: X holds a value that is not finite`, {
    got: String(bad),
    remedy: 'Drop or replace such values first.',
  });
}

interface PartedCells {
  readonly groups: readonly CellGroup[];
  /** Cells of no group. */
  readonly rest: Int32Array;
}

function withRest(groups: readonly CellGroup[], nObs: number, owner: string): PartedCells {
  const seen = new Uint8Array(nObs);
  for (const { name, cells } of groups) {
    for (const cell of cells) {
      if (seen[cell]) {
        throw new DataError(`${owner}: a cell is in two groups`, {
          got: `cell ${cell}, in "${name}" and another`,
          expected: 'groups without common cells',
        });
      }
      seen[cell] = 1;
    }
  }
  return { groups, rest: Int32Array.from(seen.keys()).filter((cell) => !seen[cell]) };
}

/** Applies `change` to the rows of each group; the others stay. */
function inGroups(
  X: Matrix,
  { groups, rest }: PartedCells,
  change: (rows: Matrix) => Matrix,
): Matrix {
  const parts = groups.map(({ cells }) => change(X.selectRows(cells)));
  if (rest.length > 0) parts.push(X.selectRows(rest));
  const order = new Int32Array(X.nRows);
  let place = 0;
  for (const cells of [...groups.map((group) => group.cells), rest]) {
    for (const cell of cells) order[cell] = place++;
  }
  return stacked(parts, X.nCols).selectRows(order);
}

function stacked(parts: readonly Matrix[], nCols: number): Matrix {
  const nRows = parts.reduce((sum, part) => sum + part.nRows, 0);
  if (parts.some((part) => part.kind === 'dense')) {
    const dense = DenseMatrix.zeros(nRows, nCols);
    let start = 0;
    for (const part of parts) {
      dense.data.set(part.toDense().data, start);
      start += part.nRows * nCols;
    }
    return dense;
  }
  const sparse = parts.map(toCsr);
  const indptr = new Int32Array(nRows + 1);
  const nnz = sparse.reduce((sum, part) => sum + part.nnz, 0);
  const indices = new Int32Array(nnz);
  const data = new Float32Array(nnz);
  let row = 0;
  let end = 0;
  for (const part of sparse) {
    for (let i = 1; i <= part.nRows; i++) indptr[row + i] = end + part.indptr[i]!;
    indices.set(part.indices, end);
    data.set(part.data, end);
    row += part.nRows;
    end += part.nnz;
  }
  return new CsrMatrix(nRows, nCols, indptr, indices, data);
}
