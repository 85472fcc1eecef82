import {
  assertCounts,
  numericColumn,
  ParamError,
  Table,
  type AnnData,
  type Column,
  type Matrix,
} from '@dance-ts/core';
import { positiveByColumn, positiveByRow } from '../../numeric/positive-counts.js';
import { matrixOf } from '../matrix-of.js';
import { topShares } from './top-shares.js';

/** How the names of mitochondrial genes begin, by species; capitals do not matter. */
export const MITOCHONDRIAL_PREFIXES = {
  human: 'MT-',
  mouse: 'mt-',
  rat: 'Mt-',
  zebrafish: 'mt-',
  fly: 'mt:',
} as const;

/** A species of {@link MITOCHONDRIAL_PREFIXES}. */
export type QcSpecies = keyof typeof MITOCHONDRIAL_PREFIXES;

/** Options of {@link qcMetrics}. */
export interface QcOptions {
  /** Adds the gene set `mt` of mitochondrial genes by the prefix of the species. */
  readonly species?: QcSpecies | undefined;
  /** Names of the genes of each set; genes that the data lack are passed over. */
  readonly geneSets?: Readonly<Record<string, readonly string[]>> | undefined;
  /**
   * Numbers of genes for the share of the counts in the most abundant genes of a cell; default 50, 100,
   * 200 and 500, as far as there are so many genes.
   */
  readonly percentTop?: readonly number[] | undefined;
  /** Layer with the counts; X if left out. */
  readonly layer?: string | undefined;
}

/** Quality of cells and genes, by the column names of scanpy. */
export interface QcMetrics {
  /**
   * `n_genes_by_counts`, `total_counts`, both also as `log1p_...`; `pct_counts_in_top_N_genes`; for each
   * gene set `total_counts_SET`, `log1p_total_counts_SET` and `pct_counts_SET`. Percentages of a cell
   * without counts are NaN.
   */
  readonly cells: Table;
  /**
   * `n_cells_by_counts`, `mean_counts`, `log1p_mean_counts`, `pct_dropout_by_counts`, `total_counts`,
   * `log1p_total_counts`.
   */
  readonly genes: Table;
}

const PERCENT_TOP = [50, 100, 200, 500];

/**
 * Quality metrics of cells and genes.
 *
 * Source: scanpy pp.calculate_qc_metrics; McCarthy et al., Bioinformatics 33, 2017.
 *
 * @throws DataError for negative or non-finite values, or without the layer; ParamError for a number of
 * top genes that is not in 1 to the number of genes
 */
export function qcMetrics(data: AnnData, options: QcOptions = {}): QcMetrics {
  const X = matrixOf(data, options.layer, 'qcMetrics');
  assertCounts(X);
  return {
    cells: new Table(data.obsNames, cellColumns(data, X, options)),
    genes: new Table(data.varNames, geneColumns(X)),
  };
}

/**
 * The genes of a species' mitochondrion, by their names.
 *
 * @returns 1 for each such gene, else 0
 */
export function mitochondrialGenes(names: readonly string[], species: QcSpecies): Uint8Array {
  const prefix = MITOCHONDRIAL_PREFIXES[species].toLowerCase();
  return Uint8Array.from(names, (name) => (name.toLowerCase().startsWith(prefix) ? 1 : 0));
}

function cellColumns(data: AnnData, X: Matrix, options: QcOptions): [string, Column][] {
  const totals = X.rowSums();
  const columns = withLogarithm('n_genes_by_counts', Float64Array.from(positiveByRow(X)));
  columns.push(...withLogarithm('total_counts', totals));
  const { percentTop = PERCENT_TOP.filter((n) => n <= X.nCols) } = options;
  for (const n of percentTop) {
    if (!Number.isInteger(n) || n < 1 || n > X.nCols) {
      throw new ParamError('qcMetrics: option "percentTop"', {
        got: String(n),
        expected: `integers from 1 to ${X.nCols}, the number of genes`,
      });
    }
    const percent = topShares(X, n).map((share) => 100 * share);
    columns.push([`pct_counts_in_top_${n}_genes`, numericColumn(percent)]);
  }
  for (const [name, genes] of geneSetsOf(data, options)) {
    const sums = rowSumsOf(X, genes);
    columns.push(...withLogarithm(`total_counts_${name}`, sums));
    const percent = sums.map((sum, i) => (100 * sum) / totals[i]!);
    columns.push([`pct_counts_${name}`, numericColumn(percent)]);
  }
  return columns;
}

function geneColumns(X: Matrix): [string, Column][] {
  const nCells = positiveByColumn(X);
  const totals = X.columnSums();
  return [
    ['n_cells_by_counts', numericColumn(nCells)],
    ...withLogarithm(
      'mean_counts',
      totals.map((total) => total / X.nRows),
    ),
    [
      'pct_dropout_by_counts',
      numericColumn(Float64Array.from(nCells, (n) => 100 * (1 - n / X.nRows))),
    ],
    ...withLogarithm('total_counts', totals),
  ];
}

function withLogarithm(name: string, values: Float64Array): [string, Column][] {
  return [
    [name, numericColumn(values)],
    [`log1p_${name}`, numericColumn(values.map((value) => Math.log1p(value)))],
  ];
}

function geneSetsOf(
  { varNames }: AnnData,
  { species, geneSets = {} }: QcOptions,
): [string, Uint8Array][] {
  const sets = Object.entries(geneSets).map(([name, genes]): [string, Uint8Array] => {
    const members = new Set(genes);
    return [name, Uint8Array.from(varNames, (gene) => (members.has(gene) ? 1 : 0))];
  });
  if (species === undefined || 'mt' in geneSets) return sets;
  return [['mt', mitochondrialGenes(varNames, species)], ...sets];
}

/** Sum of each row over the marked columns, float64. */
function rowSumsOf(X: Matrix, marked: Uint8Array): Float64Array {
  const sums = new Float64Array(X.nRows);
  for (let i = 0; i < X.nRows; i++) {
    const { indices, data } = X.kind === 'csr' ? X.row(i) : { indices: undefined, data: X.row(i) };
    for (let e = 0; e < data.length; e++) if (marked[indices?.[e] ?? e]) sums[i]! += data[e]!;
  }
  return sums;
}
