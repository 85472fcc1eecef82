import { ParamError } from '@dance-ts/core';
import type { TopLevelSpec } from 'vega-lite';
import type { Plot } from './plot.js';
import { THEME } from './render/theme.js';

/** Options of every plot. */
export interface PlotOptions {
  /** Above the picture; each plot says its default, `''` leaves it out. */
  readonly title?: string;
  /** Width of the plotting area in pixels. */
  readonly width?: number;
  /** Height of the plotting area in pixels. */
  readonly height?: number;
}

type Body = Record<string, unknown>;

/** For `makePlot`: no frame around the plotting area. */
export const NO_FRAME: Body = { view: { stroke: null } };

/** Largest side of a plotting area. */
const MAX_SIDE = 20_000;

/**
 * A plot of a specification without the parts that all have in common.
 *
 * @throws ParamError if a side is not between 1 and 20,000 pixels
 */
export function makePlot(
  body: Body,
  { width, height, title }: Required<PlotOptions>,
  config: Body = {},
): Plot {
  checkSide('width', width);
  checkSide('height', height);
  const spec = {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    ...(title === '' ? {} : { title }),
    ...body,
    config: { ...THEME, ...config },
  };
  return { spec: spec as TopLevelSpec, width, height };
}

function checkSide(name: string, side: number): void {
  if (side >= 1 && side <= MAX_SIDE) return;
  throw new ParamError(`${name} of a plot`, {
    got: String(side),
    expected: `1 to ${MAX_SIDE} pixels`,
  });
}
