import {
  AnnData,
  assertCounts,
  CsrMatrix,
  DataError,
  toCsr,
  type DenseMatrix,
  type Matrix,
  type Rng,
  type RunOptions,
} from '@dance-ts/core';
import { nearestNeighbors } from '@dance-ts/ml';
import { positiveByColumn, positiveByRow } from '../../numeric/positive-counts.js';
import { median } from '../../numeric/quantile.js';
import { HighlyVariableGenes } from '../filter/highly-variable-genes.js';
import { Log1P } from '../normalize/log1p.js';
import { scaleRowsToSum } from '../normalize/scale-rows.js';
import { doubletSpace } from './doublet-space.js';
import { minimumThreshold } from './minimum-threshold.js';

/** Options of {@link doubletScores}. */
export interface DoubletOptions extends RunOptions {
  /** Draws the pairs of the simulated doublets. */
  readonly rng: Rng;
  /** Simulated doublets for each cell, default 2. */
  readonly simDoubletRatio?: number;
  /** Share of doublets expected among the cells, default 0.05. */
  readonly expectedDoubletRate?: number;
  /** Principal components; default 30, at most what the data allow. */
  readonly nComponents?: number;
  /** Neighbors before the simulated ones are added; default round(sqrt(cells) / 2). */
  readonly nNeighbors?: number;
  /** Logarithm of 1 + scaled counts before the components; default false. */
  readonly logTransform?: boolean;
  /** Score above which a cell is called a doublet; found from the scores if left out. */
  readonly threshold?: number;
}

/** What {@link doubletScores} finds. */
export interface DoubletScores {
  /** Likelihood of each cell to be a doublet, [nCells]; NaN for cells with too few genes. */
  readonly scores: Float64Array;
  /** The same of the simulated doublets. */
  readonly simulatedScores: Float64Array;
  /** Undefined if the simulated scores do not part in two. */
  readonly threshold: number | undefined;
  /** 1 for each cell called a doublet, else 0. */
  readonly predicted: Uint8Array;
}

/** Genes in fewer cells, and cells with fewer genes, take no part. */
const MIN_OCCURRENCES = 3;

/**
 * How likely each cell is two cells in one droplet. Doublets of random pairs of cells are simulated by
 * adding their counts; cells and simulated doublets are scaled to the same total over highly variable
 * genes, standardized and projected on the principal components of the cells. With k neighbors among
 * both, k = round(k0 (1 + r)), of which d are simulated, and q = (d + 1) / (k + 2), the score is
 *   q rho / r / (1 - rho - q (1 - rho - rho / r)),
 * rho being the expected share of doublets and r the simulated doublets for each cell. The threshold is
 * the minimum between the two modes of the simulated scores.
 *
 * A cell is no neighbor of itself, as in Scrublet (scanpy counts it among the k, and finds one other
 * less). Neighbors are found by exhaustive search: time grows with the square of the number of cells.
 *
 * Source: Wolock, Lopez & Klein, Cell Syst. 8, 2019 (Scrublet), with the preprocessing of scanpy
 * pp.scrublet.
 *
 * @param counts - raw counts, cells x genes
 * @throws DataError for negative or non-finite values, or if fewer than 4 cells or 2 variable genes are
 * left; ParamError, AbortError
 */
export function doubletScores(counts: Matrix, options: DoubletOptions): Promise<DoubletScores> {
  const { rng, simDoubletRatio = 2 } = options;
  return doubletScoresOfPairs(counts, options, (nCells) =>
    randomPairs(nCells, Math.max(1, Math.floor(nCells * simDoubletRatio)), rng.fork('pairs')),
  );
}

/** Both cells of each simulated doublet, by their numbers among the cells that take part. */
export interface DoubletPairs {
  readonly first: Int32Array;
  readonly second: Int32Array;
}

/**
 * {@link doubletScores} with doublets of given pairs.
 *
 * @param pairsOf - the pairs, for the number of cells that take part
 */
export async function doubletScoresOfPairs(
  counts: Matrix,
  options: DoubletOptions,
  pairsOf: (nCells: number) => DoubletPairs,
): Promise<DoubletScores> {
  assertCounts(counts);
  const { rng, signal, expectedDoubletRate = 0.05 } = options;
  const { cells, X } = await variableCounts(counts, options);
  const { first, second } = pairsOf(X.nRows);
  const simulated = sumOfRows(X.selectRows(first), X.selectRows(second));
  const space = await doubletSpace(normalized(X, X, options), normalized(simulated, X, options), {
    nComponents: options.nComponents ?? 30,
    rng: rng.fork('svd'),
    signal,
  });
  const k0 = options.nNeighbors ?? Math.max(1, Math.round(0.5 * Math.sqrt(X.nRows)));
  const all = await neighborScores(space, X.nRows, k0, expectedDoubletRate, options);
  const simulatedScores = all.slice(X.nRows);
  const threshold = options.threshold ?? minimumThreshold(simulatedScores);
  const scores = new Float64Array(counts.nRows).fill(NaN);
  const predicted = new Uint8Array(counts.nRows);
  cells.forEach((cell, i) => {
    scores[cell] = all[i]!;
    if (threshold !== undefined && all[i]! > threshold) predicted[cell] = 1;
  });
  return { scores, simulatedScores, threshold, predicted };
}

/**
 * Likelihood of being a doublet.
 *
 * @param nSimulated - simulated ones among the neighbors
 * @param nNeighbors - neighbors
 * @param ratio - simulated doublets for each cell
 * @param rate - share of doublets expected
 */
export function doubletLikelihood(
  nSimulated: number,
  nNeighbors: number,
  ratio: number,
  rate: number,
): number {
  const q = (nSimulated + 1) / (nNeighbors + 2);
  return (q * rate) / ratio / (1 - rate - q * (1 - rate - rate / ratio));
}

/** Cells with enough genes, over the variable genes. */
async function variableCounts(
  counts: Matrix,
  { rng, signal, reporter }: DoubletOptions,
): Promise<{ cells: Int32Array; X: CsrMatrix }> {
  const nCells = positiveByColumn(counts);
  const genes = Int32Array.from(nCells.keys()).filter((g) => nCells[g]! >= MIN_OCCURRENCES);
  const ofGenes = counts.selectColumns(genes);
  const nGenes = positiveByRow(ofGenes);
  const cells = Int32Array.from(nGenes.keys()).filter((i) => nGenes[i]! >= MIN_OCCURRENCES);
  if (cells.length < 4 || genes.length < 2) throw tooLittle(cells.length, genes.length);
  const kept = AnnData.fromMatrix(scaleRowsToSum(ofGenes.selectRows(cells)));
  const context = { rng, signal, reporter };
  const logs = await new Log1P().apply(kept, context);
  const annotated = await new HighlyVariableGenes({ flavor: 'seurat', subset: false }).apply(
    logs,
    context,
  );
  const marks = annotated.var.get('highly_variable');
  const variable = genes.filter((_, g) => marks.kind === 'boolean' && marks.values[g] === 1);
  if (variable.length < 2) throw tooLittle(cells.length, variable.length);
  return { cells, X: toCsr(counts.selectRows(cells).selectColumns(variable)) };
}

/** Rows scaled to the median total of the cells, and their logarithms if asked for. */
function normalized(X: CsrMatrix, cells: CsrMatrix, { logTransform }: DoubletOptions): CsrMatrix {
  const target = median(cells.rowSums().filter((total) => total > 0));
  const scaled = toCsr(scaleRowsToSum(X, target));
  return logTransform ? scaled.mapData((value) => Math.log1p(value)) : scaled;
}

function randomPairs(nCells: number, n: number, rng: Rng): DoubletPairs {
  const draw = (): Int32Array => Int32Array.from({ length: n }, () => rng.int(nCells));
  const first = draw();
  return { first, second: draw() };
}

async function neighborScores(
  space: DenseMatrix,
  nCells: number,
  k0: number,
  rate: number,
  { signal }: DoubletOptions,
): Promise<Float64Array> {
  const ratio = (space.nRows - nCells) / nCells;
  const k = Math.min(space.nRows - 1, Math.round(k0 * (1 + ratio)));
  const { indices } = await nearestNeighbors(space, { k, signal });
  return Float64Array.from({ length: space.nRows }, (_, i) => {
    const nSimulated = indices
      .subarray(i * k, (i + 1) * k)
      .reduce((count, neighbor) => count + (neighbor >= nCells ? 1 : 0), 0);
    return doubletLikelihood(nSimulated, k, ratio, rate);
  });
}

/** a + b, both with the same shape; counts add up exactly. */
function sumOfRows(a: CsrMatrix, b: CsrMatrix): CsrMatrix {
  const indptr = new Int32Array(a.nRows + 1);
  const indices = new Int32Array(a.nnz + b.nnz);
  const data = new Float32Array(a.nnz + b.nnz);
  let end = 0;
  for (let i = 0; i < a.nRows; i++) {
    const [left, right] = [a.row(i), b.row(i)];
    let l = 0;
    let r = 0;
    while (l < left.indices.length || r < right.indices.length) {
      const fromLeft = left.indices[l] ?? Infinity;
      const fromRight = right.indices[r] ?? Infinity;
      indices[end] = Math.min(fromLeft, fromRight);
      let value = 0;
      if (fromLeft <= fromRight) value += left.data[l++]!;
      if (fromRight <= fromLeft) value += right.data[r++]!;
      data[end++] = value;
    }
    indptr[i + 1] = end;
  }
  return new CsrMatrix(a.nRows, a.nCols, indptr, indices.slice(0, end), data.slice(0, end));
}

function tooLittle(nCells: number, nGenes: number): DataError {
  return new DataError('doubletScores has too little to compare', {
    got: `${nCells} cells with at least ${MIN_OCCURRENCES} genes, ${nGenes} variable genes`,
    expected: 'at least 4 cells and 2 genes',
    remedy: 'Give raw counts of more cells or more genes.',
  });
}
