import { DataError, ParamError, throwIfAborted, type AnnData } from '@dance-ts/core';
import { categoryLabels, countCategories, type CategoryLabels } from '../data/category-labels.js';
import { cellExpression, groupExpression, zScoreGenes } from '../data/group-expression.js';
import { assertCells, obsColumn } from '../data/lookup.js';
import { markersOf, type MarkerGenes } from '../data/marker-genes.js';
import { makePlot, NO_FRAME, type PlotOptions } from '../make-plot.js';
import { colorsFor } from '../palette/category-colors.js';
import type { Plot } from '../plot.js';
import { imageLayer } from '../raster/image-layer.js';
import type { Raster } from '../raster/raster-points.js';
import { cellColumns, type CellColumns } from './cell-columns.js';
import { headingLayers, pixels } from './headings.js';
import { heatChannel, heatColors, rgbOfHeat, type HeatColors } from './heat-colors.js';
import { thousands } from './scatter-legend.js';

/** Options of `heatMap`. */
export interface HeatMapOptions extends Pick<PlotOptions, 'title' | 'width'> {
  /** Genes, or genes under headings, which are drawn one after the other. */
  readonly genes: MarkerGenes;
  /** Column of obs with the groups. */
  readonly groupby: string;
  /** A column of the picture is a group (its mean) or a cell; default `'group'`. */
  readonly by?: 'group' | 'cell';
  /** Show each gene as z scores over the columns, from -3 to 3; default false. */
  readonly zScore?: boolean;
  /** Layer that expression is read from; default X. */
  readonly layer?: string;
  /** Stops the work with an AbortError. */
  readonly signal?: AbortSignal | undefined;
}

const ROW = 18;
const GROUP_WIDTH = 30;
const CELLS_WIDTH = 520;
const DENSITY = 2;
/** Height of the strip of group colors above the cells, and of the gap below it. */
const STRIP = 9;
const STRIP_GAP = 3;

/**
 * Genes (rows) by groups or cells (columns). Cells stand group by group under a strip of the groups'
 * colors; where there are more than the picture has pixels, neighbors in a group are averaged.
 * Cells without a group are left out.
 *
 * @param data - expression should be comparable between cells, such as log-normalized counts
 * @returns `width` applies to cells; groups have 30 pixels each
 * @throws DataError if there is no such column, gene or layer (naming similar ones), no cell with a
 * group, or a value is not finite
 * @throws ParamError if no genes are given, or for an option out of range
 * @throws AbortError
 */
export async function heatMap(data: AnnData, options: HeatMapOptions): Promise<Plot> {
  assertCells(data);
  const labels = categoryLabels(obsColumn(data, options.groupby), options.groupby);
  const genes = [...new Set(markersOf(options.genes).map(({ gene }) => gene))];
  const by = options.by ?? 'group';
  if (!['group', 'cell'].includes(by)) {
    throw new ParamError('columns of a heat map', { got: by, expected: 'group or cell' });
  }
  if (labels.codes.every((code) => code < 0)) {
    throw new DataError('there is nothing to draw', {
      got: `no cell with a value in "${options.groupby}"`,
    });
  }
  return by === 'group'
    ? groupHeatMap(data, options, labels, genes)
    : cellHeatMap(data, options, labels, genes);
}

async function groupHeatMap(
  data: AnnData,
  options: HeatMapOptions,
  labels: CategoryLabels,
  genes: readonly string[],
): Promise<Plot> {
  const { layer, signal, zScore = false } = options;
  const { mean } = await groupExpression(data, genes, labels, { layer, threshold: 0, signal });
  if (zScore) zScoreGenes(mean, genes.length);
  const { counts } = countCategories(labels);
  const nGroups = labels.categories.length;
  const groups = labels.categories.flatMap((name, code) =>
    counts[code]! > 0 ? [{ code, label: `${name} (${thousands(counts[code]!)})` }] : [],
  );
  const values = genes.flatMap((gene, g) =>
    groups.map(({ code, label }) => ({
      gene,
      group: label,
      value: Number(mean[g * nGroups + code]!.toPrecision(4)),
    })),
  );
  const width = GROUP_WIDTH * groups.length;
  const height = ROW * genes.length;
  const body = {
    width,
    height,
    data: { values },
    mark: { type: 'rect', stroke: 'white', strokeWidth: 0.5 },
    encoding: {
      x: {
        field: 'group',
        type: 'nominal',
        sort: groups.map(({ label }) => label),
        title: null,
        axis: { labelAngle: -45, labelPadding: 4, ticks: false },
      },
      y: geneAxis(genes),
      color: heatChannel(heatColors(mean.filter(Number.isFinite), zScore), 'value'),
    },
  };
  return makePlot(body, { width, height, title: options.title ?? '' }, NO_FRAME);
}

async function cellHeatMap(
  data: AnnData,
  options: HeatMapOptions,
  labels: CategoryLabels,
  genes: readonly string[],
): Promise<Plot> {
  const { layer, signal, zScore = false, width = CELLS_WIDTH } = options;
  const columns = cellColumns(labels, Math.round(width * DENSITY));
  const values = await cellExpression(data, genes, columns.cells, { layer, signal });
  if (zScore) zScoreGenes(values, genes.length);
  const means = columnMeans(values, columns, genes.length);
  const colors = heatColors(means, zScore);
  throwIfAborted(signal);
  const height = ROW * genes.length;
  const raster = rasterOf(means, columns.nColumns, rgbOfHeat(colors), width, height);
  const palette = colorsFor(data, options.groupby, labels.categories.length);
  const image = imageLayer(raster, { width, height });
  const body = {
    width,
    height,
    layer: [image, legendCarrier(genes, colors), ...strip(columns, labels, palette, width)],
    resolve: { scale: { color: 'independent' } },
  };
  return makePlot(body, { width, height, title: options.title ?? '' }, NO_FRAME);
}

/** Mean of the cells of each column, [genes, columns], row-major. */
function columnMeans(values: Float64Array, columns: CellColumns, nGenes: number): Float64Array {
  const { columnOf, nColumns } = columns;
  const n = columnOf.length;
  const sizes = new Float64Array(nColumns);
  for (const column of columnOf) sizes[column]! += 1;
  const means = new Float64Array(nGenes * nColumns);
  for (let g = 0; g < nGenes; g++) {
    for (let c = 0; c < n; c++) means[g * nColumns + columnOf[c]!]! += values[g * n + c]!;
    for (let k = 0; k < nColumns; k++) means[g * nColumns + k]! /= sizes[k]!;
  }
  return means;
}

/** Each value fills its part of the image, without blur between neighbors. */
function rasterOf(
  means: Float64Array,
  nColumns: number,
  rgb: ReturnType<typeof rgbOfHeat>,
  plotWidth: number,
  plotHeight: number,
): Raster {
  const width = Math.max(nColumns, Math.round(plotWidth * DENSITY));
  const nGenes = means.length / nColumns;
  const rowPixels = Math.round((plotHeight * DENSITY) / nGenes);
  const height = rowPixels * nGenes;
  const data = new Uint8ClampedArray(width * height * 4);
  for (let g = 0; g < nGenes; g++) {
    const first = g * rowPixels * width * 4;
    for (let x = 0; x < width; x++) {
      const column = Math.floor((x * nColumns) / width);
      data.set([...rgb(means[g * nColumns + column]!), 255], first + x * 4);
    }
    const row = data.slice(first, first + width * 4);
    for (let k = 1; k < rowPixels; k++) data.set(row, first + k * width * 4);
  }
  return { width, height, data };
}

/** Invisible marks that give the image its gene axis and color bar. */
function legendCarrier(genes: readonly string[], colors: HeatColors): Record<string, unknown> {
  return {
    data: { values: genes.map((gene, i) => ({ gene, value: colors.domain[i % 2] })) },
    mark: { type: 'rect', opacity: 0 },
    encoding: { y: geneAxis(genes), color: heatChannel(colors, 'value') },
  };
}

/** The groups above the cells: a strip in their colors, and their names. */
function strip(
  columns: CellColumns,
  labels: CategoryLabels,
  palette: readonly string[],
  width: number,
): Record<string, unknown>[] {
  const scale = width / columns.nColumns;
  const { counts } = countCategories(labels);
  const groups = columns.groups.map(({ code, start, end }) => ({
    name: `${labels.categories[code]!} (${thousands(counts[code]!)})`,
    start: start * scale,
    end: end * scale,
    color: palette[code]!,
  }));
  const colors = {
    data: { values: groups },
    mark: { type: 'rect', y: -STRIP_GAP - STRIP, y2: -STRIP_GAP },
    encoding: {
      x: pixels('start'),
      x2: { field: 'end' },
      color: { field: 'color', type: 'nominal', scale: null },
    },
  };
  return [colors, ...headingLayers(groups, width, STRIP_GAP + STRIP)];
}

function geneAxis(genes: readonly string[]): Record<string, unknown> {
  return {
    field: 'gene',
    type: 'nominal',
    sort: genes,
    title: null,
    axis: { ticks: false, labelPadding: 4 },
  };
}
