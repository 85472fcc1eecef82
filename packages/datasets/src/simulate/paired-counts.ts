import type { CsrMatrix, Pacer, Rng } from '@dance-ts/core';
import { CsrBuilder } from './csr-builder.js';
import type { PairedCells } from './paired-cells.js';
import type { PairedValues } from './paired-params.js';

// Looked up once: in a sandbox such as a test runner's, each look-up of a global is slow.
const { exp } = Math;

/** Spread of a gene's weight on a factor. */
const LOADING_SD = 0.55;
/** Effect of a phase score on the log rate of its genes. */
const CYCLE_EFFECT = 1.2;
/** Genes that respond to a phase, at most a quarter of all. */
const CYCLE_GENES = 20;
/** Share of peaks whose opening follows a gene. */
const LINKED_PEAKS = 0.8;

/** Weights of features on factors, features x factors, row-major. */
export type Loadings = Float64Array;

/** Draws the weights of genes: each depends on one or two factors. */
export function drawGeneLoadings({ nGenes, nFactors }: PairedValues, rng: Rng): Loadings {
  const loadings = new Float64Array(nGenes * nFactors);
  for (let g = 0; g < nGenes; g++) drawSparseRow(loadings, g, nFactors, rng);
  return loadings;
}

/** RNA counts: negative binomial around a softmax of log rates times a log-normal library size. */
export async function countRna(
  values: PairedValues,
  cells: PairedCells,
  loadings: Loadings,
  rng: Rng,
  pacer: Pacer,
): Promise<CsrMatrix> {
  const { nCells, nGenes, nFactors, librarySize } = values;
  const base = normals(nGenes, 1.2, rng.fork('base'));
  const batchShift = normals(values.nBatches * nGenes, values.batchSd, rng.fork('batch'));
  const dispersion = logNormals(nGenes, Math.log(2), 0.4, rng.fork('dispersion'));
  const libraries = logNormals(nCells, Math.log(librarySize), 0.35, rng.fork('library'));
  const nCycle = Math.min(CYCLE_GENES, Math.floor(nGenes / 4));
  const stream = rng.fork('counts');
  const counts = new CsrBuilder(nCells, nGenes);
  const rates = new Float64Array(nGenes);
  for (let i = 0; i < nCells; i++) {
    await pacer.tick();
    let total = 0;
    for (let g = 0; g < nGenes; g++) {
      const phase = g < nCycle ? cells.sScores[i]! : g < 2 * nCycle ? cells.g2mScores[i]! : 0;
      const shift = batchShift[cells.batches[i]! * nGenes + g]!;
      const logRate =
        base[g]! + project(loadings, g, cells.states, i, nFactors) + shift + CYCLE_EFFECT * phase;
      rates[g] = exp(logRate);
      total += rates[g]!;
    }
    for (let g = 0; g < nGenes; g++) {
      const mean = (libraries[i]! * rates[g]!) / total;
      counts.push(g, negativeBinomial(mean, dispersion[g]!, stream));
    }
    counts.endRow();
  }
  return counts.build();
}

/**
 * Protein counts: a background in every cell and, in cells that carry the protein, a foreground; who
 * carries it depends on the state as the protein's gene does.
 */
export async function countProteins(
  values: PairedValues,
  cells: PairedCells,
  geneLoadings: Loadings,
  rng: Rng,
  pacer: Pacer,
): Promise<CsrMatrix> {
  const { nCells, nProteins, nFactors, nGenes, nBatches, batchSd } = values;
  const genes = rng.fork('genes').permutation(nGenes);
  const weights = normals(nProteins * nFactors, 0.25, rng.fork('weights'));
  weights.forEach((noise, e) => {
    const gene = genes[Math.floor(e / nFactors) % nGenes]!;
    weights[e] = 1.6 * geneLoadings[gene * nFactors + (e % nFactors)]! + noise;
  });
  const thresholds = normals(nProteins, 0.4, rng.fork('thresholds'));
  const background = logNormals(nProteins, 1.2, 0.5, rng.fork('background'));
  const foreground = logNormals(nProteins, 4, 0.8, rng.fork('foreground'));
  const batchShift = normals(nBatches * nProteins, batchSd, rng.fork('batch'));
  const staining = logNormals(nCells, 0, 0.35, rng.fork('staining'));
  const ambient = logNormals(nCells, 0, 0.3, rng.fork('ambient'));
  const stream = rng.fork('counts');
  const counts = new CsrBuilder(nCells, nProteins);
  for (let i = 0; i < nCells; i++) {
    await pacer.tick();
    for (let p = 0; p < nProteins; p++) {
      const signal = project(weights, p, cells.states, i, nFactors);
      const shift = batchShift[cells.batches[i]! * nProteins + p]!;
      const isPresent = stream.uniform() < logistic(3 * (signal - thresholds[p]!));
      const low = background[p]! * staining[i]! * ambient[i]! * exp(shift);
      const high = foreground[p]! * staining[i]! * exp(shift + 0.25 * signal);
      const count = negativeBinomial(low, 4, stream);
      counts.push(p, isPresent ? count + negativeBinomial(high, 3, stream) : count);
    }
    counts.endRow();
  }
  return counts.build();
}

/** Fragments in peaks: Poisson around the cell's depth times the probability that it is open. */
export async function countFragments(
  values: PairedValues,
  cells: PairedCells,
  geneLoadings: Loadings,
  rng: Rng,
  pacer: Pacer,
): Promise<CsrMatrix> {
  const { nCells, nPeaks, nFactors, nGenes, nBatches, batchSd, peakDensity } = values;
  const weights = peakLoadings(nPeaks, nFactors, nGenes, geneLoadings, rng.fork('weights'));
  const intercepts = normals(nPeaks, 0.9, rng.fork('intercepts')).map(
    (value) => Math.log(peakDensity) - 0.5 + value,
  );
  const batchShift = normals(nBatches * nPeaks, batchSd, rng.fork('batch'));
  const depths = logNormals(nCells, 0, 0.4, rng.fork('depth'));
  const stream = rng.fork('counts');
  const counts = new CsrBuilder(nCells, nPeaks);
  for (let i = 0; i < nCells; i++) {
    await pacer.tick();
    for (let p = 0; p < nPeaks; p++) {
      const shift = batchShift[cells.batches[i]! * nPeaks + p]!;
      const open = logistic(
        intercepts[p]! + project(weights, p, cells.states, i, nFactors) + shift,
      );
      counts.push(p, stream.poisson(depths[i]! * open));
    }
    counts.endRow();
  }
  return counts.build();
}

function peakLoadings(
  nPeaks: number,
  nFactors: number,
  nGenes: number,
  geneLoadings: Loadings,
  rng: Rng,
): Loadings {
  const loadings = new Float64Array(nPeaks * nFactors);
  for (let p = 0; p < nPeaks; p++) {
    if (rng.uniform() >= LINKED_PEAKS) {
      drawSparseRow(loadings, p, nFactors, rng);
      continue;
    }
    const gene = rng.int(nGenes);
    for (let f = 0; f < nFactors; f++) {
      loadings[p * nFactors + f] = 1.3 * geneLoadings[gene * nFactors + f]! + 0.15 * rng.normal();
    }
  }
  return loadings;
}

/** Gives one or two factors of a feature a weight. */
function drawSparseRow(loadings: Loadings, row: number, nFactors: number, rng: Rng): void {
  const nUsed = 1 + rng.int(2);
  for (let u = 0; u < nUsed; u++) {
    loadings[row * nFactors + rng.int(nFactors)] = LOADING_SD * rng.normal();
  }
}

/** Inner product of a feature's weights with a cell's state. */
function project(
  loadings: Loadings,
  feature: number,
  states: Float64Array,
  cell: number,
  nFactors: number,
): number {
  let sum = 0;
  for (let f = 0; f < nFactors; f++) {
    sum += loadings[feature * nFactors + f]! * states[cell * nFactors + f]!;
  }
  return sum;
}

function negativeBinomial(mean: number, shape: number, rng: Rng): number {
  return rng.poisson(rng.gamma(shape, mean / shape));
}

function normals(n: number, sd: number, rng: Rng): Float64Array {
  return Float64Array.from({ length: n }, () => sd * rng.normal());
}

function logNormals(n: number, location: number, scale: number, rng: Rng): Float64Array {
  return normals(n, scale, rng).map((value) => exp(location + value));
}

function logistic(x: number): number {
  return 1 / (1 + exp(-x));
}
