import {
  DataError,
  Pacer,
  type CsrMatrix,
  type Matrix,
  type Rng,
  type RunContext,
} from '@dance-ts/core';
import { LogisticRegression, SGDClassifier } from '@dance-ts/ml';
import type { LinearModel } from './celltypist-file.js';
import { fitScaler, scaledGenes, selectGenes } from './gene-scaler.js';

/** How the linear model is trained; see the parameters of `Celltypist.fit`. */
export interface TrainingOptions {
  readonly C: number;
  readonly maxIter: number;
  readonly tol: number;
  readonly useSgd: boolean;
  readonly alpha: number;
  readonly miniBatch: boolean;
  readonly batchNumber: number;
  readonly batchSize: number;
  readonly epochs: number;
  readonly balanceCellType: boolean;
  readonly featureSelection: boolean;
  readonly topGenes: number;
}

/** The trained model and the genes it looks at. */
export interface TrainedModel extends LinearModel {
  /** [nSelected] columns of the training data, ascending. */
  readonly genes: Int32Array;
}

/** Standardized genes in two parts, and the classes of the cells. */
interface ScaledCells {
  readonly sparse: CsrMatrix;
  readonly shift: Float64Array;
  readonly codes: Int32Array;
  readonly nClasses: number;
}

/** A linear function a class, or a single one for two classes. */
interface Functions {
  readonly coef: Float32Array;
  readonly intercept: Float64Array;
}

/**
 * Trains one linear function a class against the rest on standardized genes, after a first pass
 * that selects genes if asked for.
 *
 * @param X - [nCells, nGenes], log-normalized
 * @throws DataError if there are too few genes to select from or cells for a batch; AbortError
 */
export async function trainLinear(
  X: Matrix,
  codes: Int32Array,
  nClasses: number,
  options: TrainingOptions,
  context: RunContext,
): Promise<TrainedModel> {
  const scaler = fitScaler(X);
  const cells = { ...scaledGenes(X, scaler), codes, nClasses };
  const genes = Int32Array.from({ length: X.nCols }, (_, gene) => gene);
  if (!options.featureSelection) {
    return { ...(await functionsOf(cells, options, context)), scaler, genes };
  }
  if (X.nCols <= options.topGenes) {
    throw new DataError('Celltypist: too few genes to select from', {
      got: `${X.nCols} genes`,
      expected: `more than topGenes = ${options.topGenes}`,
      remedy: 'Lower topGenes or leave featureSelection off.',
    });
  }
  const first = await functionsOf(
    cells,
    { ...options, useSgd: true },
    {
      ...context,
      rng: context.rng.fork('feature-selection'),
    },
  );
  const selected = strongestGenes(first, options.topGenes);
  const { sparse, shift } = cells;
  const fewer = {
    sparse: sparse.selectColumns(selected),
    shift: Float64Array.from(selected, (gene) => shift[gene]!),
  };
  const functions = await functionsOf({ ...cells, ...fewer }, options, context);
  return { ...functions, scaler: selectGenes(scaler, selected), genes: selected };
}

function functionsOf(
  cells: ScaledCells,
  options: TrainingOptions,
  context: RunContext,
): Promise<Functions> {
  if (!options.useSgd) return byLogisticRegression(cells, options, context);
  return options.miniBatch
    ? byMiniBatches(cells, options, context)
    : bySgd(cells, options, context);
}

async function byLogisticRegression(
  { sparse, shift, codes, nClasses }: ScaledCells,
  { C, maxIter, tol }: TrainingOptions,
  { signal, reporter }: RunContext,
): Promise<Functions> {
  const model = new LogisticRegression({ C, maxIter, tol, multiClass: 'ovr' });
  await model.fit(sparse, codes, { nClasses, shift, signal, reporter });
  return { coef: model.coef.data, intercept: model.intercept };
}

async function bySgd(
  { sparse, shift, codes, nClasses }: ScaledCells,
  { alpha, maxIter }: TrainingOptions,
  { signal, reporter, rng }: RunContext,
): Promise<Functions> {
  const model = new SGDClassifier({ alpha, maxIter, seed: rng.fork('sgd').uint32() });
  await model.fit(sparse, codes, { nClasses, shift, signal, reporter });
  if (!model.converged) {
    const text = `Celltypist: SGD stopped after ${model.nIter} epochs before the loss was settled`;
    reporter.message('warning', text);
  }
  return { coef: model.coef.data, intercept: model.intercept };
}

/** Each epoch draws cells and goes through them once, batch by batch. */
async function byMiniBatches(
  { sparse, shift, codes, nClasses }: ScaledCells,
  options: TrainingOptions,
  { signal, reporter, rng }: RunContext,
): Promise<Functions> {
  const { alpha, batchNumber, batchSize, epochs, balanceCellType } = options;
  const nCells = codes.length;
  if (nCells <= batchSize) {
    throw new DataError('Celltypist: too few cells for mini-batches', {
      got: `${nCells} cells`,
      expected: `more than batchSize = ${batchSize}`,
      remedy: 'Lower batchSize or leave miniBatch off.',
    });
  }
  const model = new SGDClassifier({ alpha, seed: rng.fork('sgd').uint32() });
  const draws = rng.fork('batches');
  const rates = balanceCellType ? balancedRates(codes, nClasses) : undefined;
  const size = Math.min(batchNumber * batchSize, nCells);
  const pacer = new Pacer(signal);
  for (let epoch = 0; epoch < epochs; epoch++) {
    const drawn = drawCells(nCells, rates, draws).subarray(0, size);
    for (let start = 0; start < size; start += batchSize) {
      await pacer.tick();
      const rows = drawn.subarray(start, start + batchSize);
      const labels = Int32Array.from(rows, (row) => codes[row]!);
      await model.partialFit(sparse.selectRows(rows), labels, { nClasses, shift, signal });
    }
    reporter.progress({ task: 'Celltypist: epoch', done: epoch + 1, total: epochs });
  }
  return { coef: model.coef.data, intercept: model.intercept };
}

/** Rates at which cells are drawn so that all classes come equally often. */
function balancedRates(codes: Int32Array, nClasses: number): Float64Array {
  const counts = new Float64Array(nClasses);
  for (const code of codes) counts[code]! += 1;
  return Float64Array.from(codes, (code) => 1 / counts[code]!);
}

/**
 * All cells in the order in which drawing without replacement takes them: uniformly, or with
 * probabilities proportional to rates (exponential waiting times; Efraimidis & Spirakis, 2006).
 */
function drawCells(nCells: number, rates: Float64Array | undefined, rng: Rng): Int32Array {
  if (rates === undefined) return rng.permutation(nCells);
  const times = rates.map((rate) => -Math.log(1 - rng.uniform()) / rate);
  return Int32Array.from(times.keys()).sort((a, b) => times[a]! - times[b]! || a - b);
}

/** Union over the classes of the genes with the largest coefficients by magnitude, ascending. */
function strongestGenes({ coef, intercept }: Functions, topGenes: number): Int32Array {
  const nGenes = coef.length / intercept.length;
  const chosen = new Set<number>();
  for (let start = 0; start < coef.length; start += nGenes) {
    const own = coef.subarray(start, start + nGenes).map(Math.abs);
    const ranked = Array.from(own.keys()).sort((a, b) => own[b]! - own[a]! || a - b);
    for (const gene of ranked.slice(0, topGenes)) chosen.add(gene);
  }
  return Int32Array.from(chosen).sort();
}

/** Score that a constant row gets from each function, intercept aside. */
export function shiftScores(coef: Float32Array, shift: Float64Array): Float64Array {
  return Float64Array.from({ length: coef.length / shift.length }, (_, row) =>
    shift.reduce((sum, value, gene) => sum + value * coef[row * shift.length + gene]!, 0),
  );
}
