import { ParamError } from '@dance-ts/core';
import type { ColoringOptions } from '../data/point-colors.js';
import type { PlotOptions } from '../make-plot.js';
import { defaultPointSize, RASTER_ABOVE, type LegendPlace, type Scatter } from './scatter.js';

/** Options of plots of cells as points. */
export interface ScatterOptions extends ColoringOptions, PlotOptions {
  /**
   * Names of the groups beside the picture with their numbers of cells, on the groups, or both;
   * default `'right'`.
   */
  readonly legend?: LegendPlace;
  /** Area of a point in square pixels; default by the number of cells. */
  readonly pointSize?: number;
  /** Of the points, above 0 to 1; default 1. */
  readonly opacity?: number;
  /** Of the random order in which cells are drawn; default 0. */
  readonly seed?: number;
  /** More points than this are drawn as one image; default 20,000. */
  readonly rasterAbove?: number;
  /** Stops the work with an AbortError. */
  readonly signal?: AbortSignal | undefined;
}

const PLACES: readonly string[] = ['right', 'on data', 'both', 'none'];

/**
 * Options with defaults, checked.
 *
 * @param coverage - part of the picture that the points would cover if none overlapped
 * @throws ParamError
 */
export function scatterSettings(
  options: ScatterOptions,
  nPoints: number,
  [width, height]: readonly [number, number],
  coverage: number,
): Omit<Scatter, 'places' | 'coloring' | 'axisTitles' | 'yDown'> {
  const pointSize = options.pointSize ?? defaultPointSize(nPoints, width * height, coverage);
  const opacity = options.opacity ?? 1;
  const legend = options.legend ?? 'right';
  check('pointSize', pointSize > 0 && pointSize < Infinity, pointSize, 'a number > 0');
  check('opacity', opacity > 0 && opacity <= 1, opacity, 'a number above 0 and up to 1');
  check('legend', PLACES.includes(legend), legend, `one of ${PLACES.join(', ')}`);
  return {
    width,
    height,
    title: options.title ?? options.color,
    legend,
    pointSize,
    opacity,
    seed: options.seed ?? 0,
    rasterAbove: options.rasterAbove ?? RASTER_ABOVE,
    signal: options.signal,
  };
}

function check(name: string, isGood: boolean, got: string | number, expected: string): void {
  if (!isGood) throw new ParamError(`${name} of a plot`, { got: String(got), expected });
}
