import { AnnData, DenseMatrix, Rng, type RunOptions } from '@dance-ts/core';
import type { ReferenceQuery } from '@dance-ts/datasets';
import {
  CellPca,
  Compose,
  FilterGenesScanpy,
  geneVocabulary,
  HighlyVariableGenes,
  Log1P,
  matchGenes,
  NormalizeTotal,
  takeGenes,
} from '@dance-ts/transforms';
import type { Answers } from './answers.js';
import { trueLabels } from './model-answers.js';

const N_GENES = 2000;
const N_COMPONENTS = 50;
const N_NEIGHBORS = 15;

/**
 * What labelling reaches without a model: the most frequent class, and, in 50 principal components
 * of 2,000 variable genes of the reference, the class of the nearest center and the majority of the
 * 15 nearest cells.
 */
export async function controlAnswers(
  { reference, query }: ReferenceQuery,
  labelKey: string,
  queryLabelKey: string | undefined,
  options: RunOptions & { readonly seed: number },
): Promise<Record<string, Answers>> {
  const labels = trueLabels(reference, labelKey);
  const known = Array.from(labels.keys()).filter((i) => labels[i] !== null);
  const cells = reference.subset({ obs: known });
  const classes = [...new Set(known.map((i) => labels[i]!))].sort();
  const codes = Int32Array.from(known, (i) => classes.indexOf(labels[i]!));
  const truth = trueLabels(query, queryLabelKey);
  const { points, queries } = await components(cells, query, options);
  const answersFrom = (probabilities: DenseMatrix): Answers => ({
    ...{ classes, truth, probabilities },
    prediction: truth.map((_, i) => classes[argmax(probabilities.row(i))]!),
  });
  return {
    'majority class': answersFrom(shares(codes, classes.length, query.nObs)),
    'nearest center': answersFrom(nearestCenter(points, codes, classes.length, queries)),
    'k nearest cells': answersFrom(nearestCells(points, codes, classes.length, queries)),
  };
}

/** Principal components of the reference, and the query in them. */
async function components(
  reference: AnnData,
  query: AnnData,
  { seed, signal, reporter }: RunOptions & { readonly seed: number },
): Promise<{ points: DenseMatrix; queries: DenseMatrix }> {
  const context = { rng: Rng.fromSeed(seed).fork('controls'), signal, reporter };
  const logNormal = [new NormalizeTotal({ targetSum: 1e4 }), new Log1P()];
  const nTopGenes = Math.min(N_GENES, reference.nVars);
  const prepared = await new Compose([
    new FilterGenesScanpy({ minCells: 1 }),
    ...logNormal,
    new HighlyVariableGenes({ flavor: 'seurat', nTopGenes, subset: true }),
    new CellPca({ nComponents: N_COMPONENTS }),
  ]).apply(reference, context);
  const { columns } = matchGenes(geneVocabulary(reference.var), geneVocabulary(query.var));
  const X = takeGenes(query.X, columns);
  const aligned = new AnnData({ X, obs: query.obs, var: reference.var });
  const normal = await new Compose(logNormal).apply(aligned, context);
  const place = new Map(reference.varNames.map((name, j) => [name, j]));
  const kept = normal.X.selectColumns(prepared.varNames.map((name) => place.get(name) ?? 0));
  const mean = prepared.X.columnSums().map((sum) => sum / prepared.nObs);
  const loadings = prepared.varm.get('PCs') as DenseMatrix;
  return {
    points: prepared.obsm.get('X_pca') as DenseMatrix,
    queries: projected(kept.toDense(), mean, loadings),
  };
}

function projected(X: DenseMatrix, mean: Float64Array, loadings: DenseMatrix): DenseMatrix {
  const out = DenseMatrix.zeros(X.nRows, loadings.nCols);
  for (let i = 0; i < X.nRows; i++) {
    const target = out.row(i);
    X.row(i).forEach((value, j) => {
      const deviation = value - mean[j]!;
      loadings.row(j).forEach((weight, c) => (target[c]! += deviation * weight));
    });
  }
  return out;
}

function shares(codes: Int32Array, nClasses: number, nRows: number): DenseMatrix {
  const row = new Float32Array(nClasses);
  for (const code of codes) row[code]! += 1 / codes.length;
  const matrix = DenseMatrix.zeros(nRows, nClasses);
  for (let i = 0; i < nRows; i++) matrix.row(i).set(row);
  return matrix;
}

/** 1 for the class with the nearest mean. */
function nearestCenter(
  points: DenseMatrix,
  codes: Int32Array,
  nClasses: number,
  queries: DenseMatrix,
): DenseMatrix {
  const centers = DenseMatrix.zeros(nClasses, points.nCols);
  const counts = new Float64Array(nClasses);
  codes.forEach((code, i) => {
    counts[code]! += 1;
    const center = centers.row(code);
    points.row(i).forEach((value, c) => (center[c]! += value));
  });
  counts.forEach((count, code) => {
    const center = centers.row(code);
    center.forEach((sum, c) => (center[c] = sum / count));
  });
  const matrix = DenseMatrix.zeros(queries.nRows, nClasses);
  for (let i = 0; i < queries.nRows; i++) {
    const nearest = argmax(distances(centers, queries.row(i)).map((d) => -d));
    matrix.row(i)[nearest] = 1;
  }
  return matrix;
}

/** Shares of the classes among the nearest cells of the reference. */
function nearestCells(
  points: DenseMatrix,
  codes: Int32Array,
  nClasses: number,
  queries: DenseMatrix,
): DenseMatrix {
  const k = Math.min(N_NEIGHBORS, points.nRows);
  const matrix = DenseMatrix.zeros(queries.nRows, nClasses);
  for (let i = 0; i < queries.nRows; i++) {
    const distance = distances(points, queries.row(i));
    const order = Uint32Array.from(distance.keys()).sort((a, b) => distance[a]! - distance[b]!);
    for (const cell of order.subarray(0, k)) matrix.row(i)[codes[cell]!]! += 1 / k;
  }
  return matrix;
}

/** Squared distances of all rows to a point. */
function distances(rows: DenseMatrix, point: Float32Array): Float64Array {
  return Float64Array.from({ length: rows.nRows }, (_, i) =>
    rows.row(i).reduce((sum, value, c) => sum + (value - point[c]!) ** 2, 0),
  );
}

function argmax(values: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i;
  return best;
}
