import {
  AnnData,
  categoricalColumn,
  DenseMatrix,
  numericColumn,
  Pacer,
  parseParams,
  Rng,
  stringColumn,
  Table,
  type CsrMatrix,
  type RunOptions,
  type UnsDict,
} from '@dance-ts/core';
import { drawPairedCells, PHASES, type PairedCells } from './paired-cells.js';
import { countFragments, countProteins, countRna, drawGeneLoadings } from './paired-counts.js';
import type { Loadings } from './paired-counts.js';
import { pairedParams, type PairedParams, type PairedValues } from './paired-params.js';

/** Three modalities of the same cells; row i is the same cell in each. */
export interface SimulatedModalities {
  readonly rna: AnnData;
  readonly adt: AnnData;
  readonly atac: AnnData;
}

/** Genes a pathway names. */
const PATHWAY_GENES = 15;

/**
 * Simulates RNA, surface proteins (ADT) and open chromatin (ATAC) of the same cells from one latent
 * state.
 *
 * Cell types lie around lineages in a space of factors, cells around their type; the cells of the
 * last lineage divide, which two sets of genes show. A gene depends on one or two factors and is
 * counted by a negative binomial around its share of the library size; a protein has a background
 * in every cell and a foreground in the cells whose state switches it on, as its gene; most peaks
 * open as a gene does. The batch shifts every log rate; the last batch is the test part, so that it
 * is unseen in training.
 *
 * X holds counts, `layers.normalized` the values that predictions are scored on: log1p(count / size
 * factor) of RNA, log1p(count / geometric mean of 1 + count) of ADT, 0 or 1 of ATAC. obs has `batch`,
 * `cell_type`, `split` (`train` or `test`), `size_factors`, `phase`, `S_score`, `G2M_score` and, with
 * a trajectory, `pseudotime_order_<GEX, ADT or ATAC>`; `obsm.true_state` of RNA is the latent state,
 * `uns.pathways` names the genes with the greatest weights on each factor.
 *
 * @throws ParamError, AbortError
 */
export async function simulatePaired(
  params: PairedParams = {},
  options: RunOptions = {},
): Promise<SimulatedModalities> {
  const values = parseParams(pairedParams, params, 'simulatePaired');
  const rng = Rng.fromSeed(values.seed).fork('paired');
  const pacer = new Pacer(options.signal);
  const cells = drawPairedCells(values, rng.fork('structure'));
  const loadings = drawGeneLoadings(values, rng.fork('loadings'));
  const rnaCounts = await countRna(values, cells, loadings, rng.fork('rna'), pacer);
  const adtCounts = await countProteins(values, cells, loadings, rng.fork('adt'), pacer);
  const atacCounts = await countFragments(values, cells, loadings, rng.fork('atac'), pacer);
  const obs = describeCells(values, cells, rnaCounts);
  const time = numericColumn(cells.pseudotime);
  const modality = (
    X: CsrMatrix,
    normalized: CsrMatrix,
    prefix: string,
    type: 'GEX' | 'ADT' | 'ATAC',
  ): AnnData => {
    const table = obs.copy();
    if (values.trajectoryLength > 0) table.set(`pseudotime_order_${type}`, time);
    const data = new AnnData({
      ...{ X, obs: table, var: describeFeatures(X.nCols, prefix, type) },
      layers: [['normalized', normalized]],
      uns: new Map([
        ['dataset_id', `simulated_seed${values.seed}`],
        ['organism', 'synthetic'],
      ]),
    });
    data.channels = { label: { slot: 'obs', key: 'cell_type' } };
    return data;
  };
  const sizes = sizeFactors(rnaCounts);
  const scaled = rnaCounts.scaleRows(sizes.map((size) => 1 / size)).mapData(Math.log1p);
  const rna = modality(rnaCounts, scaled, 'Gene', 'GEX');
  rna.obsm.set('true_state', stateMatrix(values, cells));
  rna.uns.set('pathways', pathwaysOf(values, loadings, rna.varNames));
  return {
    rna,
    adt: modality(adtCounts, centeredLogs(adtCounts), 'Protein', 'ADT'),
    atac: modality(
      atacCounts,
      atacCounts.mapData(() => 1),
      'Peak',
      'ATAC',
    ),
  };
}

function describeCells(values: PairedValues, cells: PairedCells, rna: CsrMatrix): Table {
  const { nCells, nTypes, nBatches } = values;
  const numbered = (prefix: string, n: number): string[] =>
    Array.from({ length: n }, (_, i) => `${prefix}${i + 1}`);
  const splits = cells.batches.map((batch) => (batch === nBatches - 1 ? 1 : 0));
  return Table.withGeneratedIndex(nCells, 'Cell')
    .set('cell_type', categoricalColumn(cells.types, numbered('Type', nTypes)))
    .set('batch', categoricalColumn(cells.batches, numbered('Batch', nBatches)))
    .set('split', categoricalColumn(splits, ['train', 'test']))
    .set('size_factors', numericColumn(sizeFactors(rna)))
    .set('phase', categoricalColumn(cells.phases, [...PHASES]))
    .set('S_score', numericColumn(cells.sScores))
    .set('G2M_score', numericColumn(cells.g2mScores));
}

function describeFeatures(n: number, prefix: string, type: string): Table {
  const types = new Array<string>(n).fill(type);
  return Table.withGeneratedIndex(n, prefix).set('feature_types', stringColumn(types));
}

/** Library sizes over their mean. */
function sizeFactors(counts: CsrMatrix): Float64Array {
  const sums = counts.rowSums();
  const mean = sums.reduce((all, sum) => all + sum, 0) / sums.length;
  return sums.map((sum) => Math.max(sum, 1) / mean);
}

/** log1p of the counts over the geometric mean of 1 + count of the cell. */
function centeredLogs(counts: CsrMatrix): CsrMatrix {
  const means = counts.mapData(Math.log1p).rowSums();
  const scales = means.map((sum) => Math.exp(-sum / counts.nCols));
  return counts.scaleRows(scales).mapData(Math.log1p);
}

function stateMatrix({ nCells, nFactors }: PairedValues, cells: PairedCells): DenseMatrix {
  const matrix = DenseMatrix.zeros(nCells, nFactors);
  matrix.data.set(cells.states);
  return matrix;
}

function pathwaysOf(
  { nGenes, nFactors }: PairedValues,
  loadings: Loadings,
  names: readonly string[],
): UnsDict {
  const pathways: UnsDict = new Map();
  for (let f = 0; f < nFactors; f++) {
    const weight = (gene: number): number => Math.abs(loadings[gene * nFactors + f]!);
    const genes = Array.from({ length: nGenes }, (_, gene) => gene)
      .filter((gene) => weight(gene) > 0)
      .sort((a, b) => weight(b) - weight(a))
      .slice(0, PATHWAY_GENES);
    pathways.set(
      `FACTOR_${f + 1}`,
      genes.map((gene) => names[gene] ?? ''),
    );
  }
  return pathways;
}
