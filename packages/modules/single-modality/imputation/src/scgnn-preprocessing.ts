import { defineParams, type ParamValues } from '@dance-ts/core';
import {
  Compose,
  FilterCellsScanpy,
  FilterGenesScanpy,
  FilterGenesTopK,
  Log1P,
} from '@dance-ts/transforms';
import { z } from 'zod';
import { NormalizeCells } from './normalize-cells.js';

/** Parameters of {@link scgnnPipeline}. */
export const scgnnPreprocessParams = defineParams({
  minCells: z
    .number()
    .min(0)
    .default(0.01)
    .describe('Fewest cells that express a gene; below 1 their share'),
  minGenes: z
    .number()
    .min(0)
    .default(0.01)
    .describe('Fewest genes that a cell expresses; below 1 their share'),
  nTopGenes: z
    .int()
    .min(1)
    .default(2000)
    .describe('Genes of the largest variance of log expression that are kept'),
  normalize: z.boolean().default(false).describe('Scale cells to the same total before the log'),
});

/** Filters, log expression and variable genes, as scGNN and scGNN 2.0 prepare their data. */
export function scgnnPipeline(values: ParamValues<typeof scgnnPreprocessParams>): Compose {
  const { minCells, minGenes, nTopGenes, normalize } = values;
  return new Compose([
    ...(minCells > 0 ? [new FilterGenesScanpy({ minCells })] : []),
    ...(minGenes > 0 ? [new FilterCellsScanpy({ minGenes })] : []),
    new FilterCellsScanpy({ minCounts: 1 }),
    ...(normalize ? [new NormalizeCells()] : []),
    new Log1P(),
    new FilterGenesTopK({ numGenes: nTopGenes, mode: 'var' }),
  ]);
}
