import { throwIfAborted } from '@dance-ts/core';
import type { Coordinates } from '../data/coordinates.js';
import { rgbOfCells, type Coloring, type GroupColoring } from '../data/point-colors.js';
import { makePlot } from '../make-plot.js';
import { MISSING_COLOR } from '../palette/palettes.js';
import type { Plot } from '../plot.js';
import { imageLayer } from '../raster/image-layer.js';
import { rasterPoints, type Raster } from '../raster/raster-points.js';
import { drawOrder } from './draw-order.js';
import { placeLabels } from './place-labels.js';
import { groupChannel, missingChannel, missingLabel, valueChannel } from './scatter-legend.js';

/** From this number of points on they are drawn as one image instead of one shape each. */
export const RASTER_ABOVE = 20_000;

/** Pixels of the image of points for each pixel of the plot. */
const DENSITY = 2;
const LABEL_SIZE = 12;

/** Where the names of groups stand. */
export type LegendPlace = 'right' | 'on data' | 'both' | 'none';

/** What a scatter plot is made of. */
export interface Scatter {
  readonly places: Coordinates;
  readonly coloring: Coloring;
  readonly width: number;
  readonly height: number;
  readonly title: string;
  readonly legend: LegendPlace;
  readonly axisTitles: readonly [string | null, string | null];
  /** True if y grows downwards, as rows of an image do. */
  readonly yDown: boolean;
  /** Area of a point in square pixels. */
  readonly pointSize: number;
  readonly opacity: number;
  readonly seed: number;
  readonly rasterAbove: number;
  readonly signal: AbortSignal | undefined;
}

/** A layer of a Vega-Lite specification. */
type Layer = Record<string, unknown>;

/**
 * Points in a plane with colors, a legend and, on request, the names of groups on them.
 *
 * @throws AbortError
 */
export async function scatterPlot(scatter: Scatter): Promise<Plot> {
  throwIfAborted(scatter.signal);
  const order = drawOrder(scatter.coloring, scatter.seed);
  const points =
    order.length > scatter.rasterAbove
      ? await imageLayers(scatter, order)
      : pointLayers(scatter, order);
  const { width, height, title } = scatter;
  return makePlot(
    {
      width,
      height,
      encoding: { x: axisChannel(scatter, 'x'), y: axisChannel(scatter, 'y') },
      layer: [...points, ...labelLayers(scatter)],
      resolve: { legend: { stroke: 'independent' } },
    },
    { width, height, title },
  );
}

/** Area of a point in square pixels, at which all points would cover that part of the picture. */
export function defaultPointSize(nPoints: number, area: number, coverage: number): number {
  return Math.min(60, Math.max(1.5, (coverage * area) / nPoints));
}

function axisChannel(scatter: Scatter, axis: 'x' | 'y'): Layer {
  const domain = axis === 'x' ? scatter.places.xRange : scatter.places.yRange;
  const title = scatter.axisTitles[axis === 'x' ? 0 : 1];
  return {
    field: axis,
    type: 'quantitative',
    scale: { domain, nice: false, zero: false, reverse: axis === 'y' && scatter.yDown },
    axis: { title, labels: false, ticks: false },
  };
}

/** One row a cell, drawn as circles; cells without a value in a layer below. */
function pointLayers(scatter: Scatter, order: Int32Array): Layer[] {
  const { coloring, places, pointSize, opacity } = scatter;
  const mark = { type: 'circle', size: pointSize, opacity, strokeWidth: 0, clip: true };
  const row = (cell: number): Record<string, unknown> => ({
    x: brief(places.x[cell]!),
    y: brief(places.y[cell]!),
    ...valueOf(coloring, cell),
  });
  const rows = Array.from(order, row);
  if (coloring.kind === 'categorical') {
    return [{ data: { values: rows }, mark, encoding: { color: colorChannel(scatter) } }];
  }
  const below = rows.slice(0, coloring.missing);
  const above = rows.slice(coloring.missing);
  return [...missingLayer(scatter, below, mark), colored(scatter, above, mark)];
}

function colored(scatter: Scatter, values: readonly Layer[], mark: Layer): Layer {
  return { data: { values }, mark, encoding: { color: colorChannel(scatter) } };
}

function missingLayer(scatter: Scatter, values: readonly Layer[], mark: Layer): Layer[] {
  const { missing } = scatter.coloring;
  if (missing === 0) return [];
  const encoding = showsLegend(scatter) ? { stroke: missingChannel(missing) } : {};
  return [{ data: { values }, mark: { ...mark, fill: MISSING_COLOR }, encoding }];
}

/** All points as one image; invisible points beneath give the scales and the legend. */
async function imageLayers(scatter: Scatter, order: Int32Array): Promise<Layer[]> {
  const { coloring } = scatter;
  const raster = await rasterOfPoints(scatter, order);
  const image = { ...imageLayer(raster, scatter), encoding: { x: null, y: null } };
  const corner = { x: scatter.places.xRange[0], y: scatter.places.yRange[0] };
  const hidden = { type: 'circle', opacity: 0 };
  const values =
    coloring.kind === 'continuous'
      ? [{ ...corner, c: coloring.range[0] }]
      : [...coloring.categories, missingLabel(coloring.categories)].map((c) => ({ ...corner, c }));
  return [
    ...(coloring.kind === 'continuous' ? missingLayer(scatter, [corner], hidden) : []),
    colored(scatter, values, hidden),
    image,
  ];
}

async function rasterOfPoints(scatter: Scatter, order: Int32Array): Promise<Raster> {
  const { coloring, places, pointSize, opacity, signal } = scatter;
  const width = Math.round(scatter.width * DENSITY);
  const height = Math.round(scatter.height * DENSITY);
  const x = places.x.map((value) => fractionOf(value, places.xRange) * width);
  const y = places.y.map((value) => {
    const fraction = fractionOf(value, places.yRange);
    return (scatter.yDown ? fraction : 1 - fraction) * height;
  });
  const points = { x, y, order, colorOf: rgbOfCells(coloring), opacity };
  const radius = Math.sqrt(pointSize / Math.PI) * DENSITY;
  return rasterPoints({ ...points, radius }, width, height, signal);
}

function colorChannel(scatter: Scatter): Layer {
  const { coloring, height, title } = scatter;
  const legendTitle = title === coloring.name ? null : coloring.name;
  return coloring.kind === 'categorical'
    ? groupChannel(coloring, showsLegend(scatter), legendTitle, height)
    : valueChannel(coloring, showsLegend(scatter), legendTitle, height);
}

function showsLegend({ legend, coloring }: Scatter): boolean {
  if (coloring.kind === 'continuous') return legend !== 'none';
  return legend === 'right' || legend === 'both';
}

/** Names of the groups at the medians of their cells, with a white rim. */
function labelLayers(scatter: Scatter): Layer[] {
  const { coloring, legend } = scatter;
  if (coloring.kind === 'continuous' || legend === 'right' || legend === 'none') return [];
  const values = placedLabels(scatter, coloring);
  const layer = (mark: Layer): Layer => ({
    data: { values },
    mark: { type: 'text', fontSize: LABEL_SIZE, fontWeight: 600, ...mark },
    encoding: {
      x: { field: 'px', type: 'quantitative', scale: null },
      y: { field: 'py', type: 'quantitative', scale: null },
      text: { field: 'label' },
    },
  });
  return [
    layer({ stroke: 'white', strokeWidth: 3.5, strokeJoin: 'round', color: 'white' }),
    layer({ color: '#111111' }),
  ];
}

function placedLabels(scatter: Scatter, coloring: GroupColoring): Layer[] {
  const { places, width, height } = scatter;
  const labels = coloring.categories.flatMap((text, code) => {
    if (coloring.counts[code] === 0) return [];
    const inGroup = (_: number, cell: number): boolean => coloring.codes[cell] === code;
    const fraction = fractionOf(median(places.y.filter(inGroup)), places.yRange);
    const x = fractionOf(median(places.x.filter(inGroup)), places.xRange) * width;
    return [{ text, x, y: (scatter.yDown ? fraction : 1 - fraction) * height }];
  });
  placeLabels(labels, LABEL_SIZE, width, height);
  return labels.map(({ text, x, y }) => ({ label: text, px: brief(x), py: brief(y) }));
}

function valueOf(coloring: Coloring, cell: number): Layer {
  if (coloring.kind === 'continuous') {
    const value = coloring.values[cell]!;
    return Number.isNaN(value) ? {} : { c: brief(value) };
  }
  const code = coloring.codes[cell]!;
  return { c: code < 0 ? missingLabel(coloring.categories) : coloring.categories[code]! };
}

function fractionOf(value: number, [low, high]: readonly [number, number]): number {
  return (value - low) / (high - low);
}

function median(values: Float64Array): number {
  const sorted = values.sort();
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Six digits: far below a pixel, and half the bytes. */
function brief(value: number): number {
  return Number(value.toPrecision(6));
}
