import { defineParams, type ParamInput, type ParamValues } from '@dance-ts/core';
import { z } from 'zod';

const sd = z.number().min(0);
const positive = z.number().positive();
const count = z.int().min(1);

/** Parameters of the simulator of tissue sections. */
export const spatialParams = defineParams({
  nRows: z.int().min(2).default(28).describe('Rows of the hexagonal lattice of spots'),
  nColumns: z.int().min(2).default(36).describe('Spots in a row'),
  nGenes: count.default(600).describe('Genes'),
  nTypes: count.default(10).describe('Cell types'),
  nLayers: z.int().min(2).max(7).default(7).describe('Layers of the tissue, at most the types'),
  cellsMean: z.number().min(1).default(8).describe('Mean number of cells in a spot'),
  refPerType: count.default(80).describe('Reference cells of each type'),
  targetUmi: positive.default(2500).describe('Mean counts of a spot after capture'),
  own: z.number().default(2.5).describe('Logit by which a layer prefers its own cell type'),
  tau: sd.default(0.5).describe('Standard deviation of the spatial variation of the logits'),
  ell: positive.default(4).describe('Length scale of that variation, in distances of spots'),
  blur: sd.default(1).describe('How far layers mix, in distances of spots'),
  domGenes: z.number().min(0).max(1).default(0.1).describe('Share of genes that a layer changes'),
  betaSd: sd.default(0.5).describe('Standard deviation of that change on the log scale'),
  smoothSd: sd.default(0.15).describe('Standard deviation of smooth variation of expression'),
  platformSd: sd.default(0.25).describe('Gene effects of the platform of the spots'),
  spotSd: sd.default(0.3).describe('Variation of the capture from spot to spot'),
  dispersion: positive.default(0.3).describe('Overdispersion of the counts of a cell'),
  nMark: z.int().min(0).default(20).describe('Marker genes of each type'),
  lfc: z.number().default(1.6).describe('Mean log fold change of the markers'),
  pitch: positive.default(20).describe('Distance of neighboring spots in pixels'),
  image: z.boolean().default(false).describe('Also draw a stained image of the section'),
  seed: z.int().min(0).default(1).describe('Seed of every random stream'),
});

/** What a caller of `simulateSpatial` may set. */
export type SpatialParams = ParamInput<typeof spatialParams>;

/** Parameters with defaults filled in. */
export type SpatialValues = ParamValues<typeof spatialParams>;
