import type { AnnData } from '@dance-ts/core';
import { coordinatesOf, type Coordinates } from '../data/coordinates.js';
import { assertCells, embeddingOf } from '../data/lookup.js';
import { coloringOf } from '../data/point-colors.js';
import type { Plot } from '../plot.js';
import { scatterSettings, type ScatterOptions } from './scatter-options.js';
import { scatterPlot } from './scatter.js';

/** Options of `spatialPlot`. */
export interface SpatialPlotOptions extends ScatterOptions {
  /** Key of obsm; default `'spatial'`. */
  readonly basis?: string;
}

/** Longer side of the plotting area. */
const LONG_SIDE = 500;
/** Large: spots lie side by side. */
const COVERAGE = 0.45;
/** No picture is flatter than this. */
const MAX_RATIO = 5;

/**
 * Spots or cells at their places in the tissue, colored by an obs column or by the expression of a
 * gene. A unit is equally long in both directions and y grows downwards, as in the tissue's image.
 * Colors are those of `embeddingPlot`.
 *
 * @param data - with places in obsm
 * @param options - `color` is needed; of `width` and `height` one is enough, the other follows
 * from the tissue, and with both the tissue is fitted in between
 * @throws DataError if the places, the column, the gene or the layer is not there, if there are no
 * cells, or a place is not finite
 * @throws ParamError for an option out of range
 * @throws AbortError
 */
export async function spatialPlot(data: AnnData, options: SpatialPlotOptions): Promise<Plot> {
  assertCells(data);
  const basis = options.basis ?? 'spatial';
  const places = squarer(coordinatesOf(embeddingOf(data, basis), basis, [0, 1], 0.03));
  const ratio = spanOf(places.yRange) / spanOf(places.xRange);
  const size = fitted(ratio, options.width, options.height);
  return scatterPlot({
    ...scatterSettings(options, data.nObs, size, COVERAGE),
    places,
    coloring: coloringOf(data, options),
    axisTitles: [null, null],
    yDown: true,
  });
}

/** Width and height in the ratio of the tissue. */
function fitted(
  ratio: number,
  width: number | undefined,
  height: number | undefined,
): readonly [number, number] {
  const widest = width ?? (height === undefined ? LONG_SIDE : Infinity);
  const highest = height ?? (width === undefined ? LONG_SIDE : Infinity);
  const fit = Math.min(widest, highest / ratio);
  return [fit, fit * ratio];
}

/** Widens the shorter range of places on a line, so that there is something to see. */
function squarer(places: Coordinates): Coordinates {
  const x = spanOf(places.xRange);
  const y = spanOf(places.yRange);
  return {
    ...places,
    xRange: widened(places.xRange, y / MAX_RATIO),
    yRange: widened(places.yRange, x / MAX_RATIO),
  };
}

function widened(
  [low, high]: readonly [number, number],
  atLeast: number,
): readonly [number, number] {
  const add = Math.max(0, atLeast - (high - low)) / 2;
  return [low - add, high + add];
}

function spanOf([low, high]: readonly [number, number]): number {
  return high - low;
}
