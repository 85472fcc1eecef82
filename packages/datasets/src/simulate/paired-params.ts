import { defineParams, type ParamInput, type ParamValues } from '@dance-ts/core';
import { z } from 'zod';

const sd = z.number().min(0);
const positive = z.number().positive();

/** Parameters of the simulator of paired modalities; the defaults are the preset `medium`. */
export const pairedParams = defineParams({
  nCells: z.int().min(2).default(900).describe('Cells'),
  nTypes: z.int().min(1).default(8).describe('Cell types'),
  nLineages: z.int().min(1).default(3).describe('Lineages the types belong to'),
  nFactors: z.int().min(1).default(10).describe('Dimensions of the latent state'),
  nGenes: z.int().min(1).default(400).describe('Genes'),
  nProteins: z.int().min(1).default(40).describe('Surface proteins'),
  nPeaks: z.int().min(1).default(1000).describe('Peaks of open chromatin'),
  nBatches: z.int().min(2).default(3).describe('Batches; the last one is the test part'),
  librarySize: positive.default(2500).describe('Median RNA counts of a cell'),
  lineageSd: sd.default(1.2).describe('Standard deviation of the lineages in each factor'),
  typeSd: sd.default(0.8).describe('Standard deviation of the types around their lineage'),
  cellSd: sd.default(0.35).describe('Standard deviation of the cells around their type'),
  batchSd: sd.default(0.15).describe('Standard deviation of the batch effect on a log rate'),
  trajectoryLength: sd
    .default(0)
    .describe('How far pseudotime moves the cells of the first lineage; 0: no pseudotime'),
  peakDensity: z.number().gt(0).lt(1).default(0.05).describe('Scale of the share of open peaks'),
  seed: z.int().min(0).default(1).describe('Seed of every random stream'),
});

/** What a caller of `simulatePaired` may set. */
export type PairedParams = ParamInput<typeof pairedParams>;

/** Parameters with defaults filled in. */
export type PairedValues = ParamValues<typeof pairedParams>;

/** Sets of parameters by difficulty, and one for unit tests. */
export const PAIRED_PRESETS = {
  easy: { cellSd: 0.25 },
  medium: {},
  hard: { typeSd: 0.5, cellSd: 0.5, batchSd: 0.3 },
  tiny: { nCells: 150, nGenes: 60, nProteins: 12, nPeaks: 80 },
} as const satisfies Readonly<Record<string, PairedParams>>;
