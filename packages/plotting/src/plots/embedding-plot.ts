import { ParamError, type AnnData } from '@dance-ts/core';
import { coordinatesOf } from '../data/coordinates.js';
import { assertCells, embeddingOf } from '../data/lookup.js';
import { coloringOf } from '../data/point-colors.js';
import type { Plot } from '../plot.js';
import { scatterSettings, type ScatterOptions } from './scatter-options.js';
import { scatterPlot } from './scatter.js';

/** Options of `embeddingPlot`. */
export interface EmbeddingPlotOptions extends ScatterOptions {
  /** Key of obsm, with or without `X_`; default `'X_umap'`. */
  readonly basis?: string;
  /** Which two columns are drawn, from 0; default the first two. */
  readonly components?: readonly [number, number];
}

const SIDE = 460;
/** Small: cells lie in heaps. */
const COVERAGE = 0.25;

/**
 * Cells in an embedding (UMAP, t-SNE, PCA, a model's latent space), colored by an obs column or by
 * the expression of a gene.
 *
 * Groups have the colors of `uns['<column>_colors']` if there are any (see `categoryColors`), else
 * the default palette; numbers go from dark to light on viridis; missing values are gray and named
 * in the legend. Groups are drawn in random order, numbers from low to high.
 *
 * @param data - with the embedding in obsm
 * @param options - `color` is needed
 * @returns 460 x 460 pixels unless set otherwise
 * @throws DataError if the embedding, the column, the gene or the layer is not there, if there are
 * no cells, or a place is not finite
 * @throws ParamError for an option out of range
 * @throws AbortError
 */
export async function embeddingPlot(data: AnnData, options: EmbeddingPlotOptions): Promise<Plot> {
  assertCells(data);
  const basis = options.basis ?? 'X_umap';
  const embedding = embeddingOf(data, basis);
  const components = options.components ?? [0, 1];
  for (const component of components) {
    if (Number.isInteger(component) && component >= 0 && component < embedding.nCols) continue;
    throw new ParamError('components of an embedding', {
      got: String(component),
      expected: `integers from 0 to ${embedding.nCols - 1}`,
    });
  }
  const name = axisName(basis);
  const size = [options.width ?? SIDE, options.height ?? SIDE] as const;
  return scatterPlot({
    ...scatterSettings(options, data.nObs, size, COVERAGE),
    places: coordinatesOf(embedding, basis, components),
    coloring: coloringOf(data, options),
    axisTitles: [`${name}${components[0] + 1}`, `${name}${components[1] + 1}`],
    yDown: false,
  });
}

/** As scanpy names axes: UMAP1, PC1, TSNE1, or the key itself with a space. */
function axisName(basis: string): string {
  const key = basis.replace(/^X_/, '');
  const known: Readonly<Record<string, string>> = { umap: 'UMAP', tsne: 'tSNE', pca: 'PC' };
  return known[key] ?? `${key} `;
}
