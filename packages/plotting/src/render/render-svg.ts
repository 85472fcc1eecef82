import { AbortError, DataError } from '@dance-ts/core';
import type { Plot } from '../plot.js';
import { drawSvg } from './draw-svg.js';

/** Options of `renderSvg`. */
export interface RenderSvgOptions {
  /** Stops before drawing begins with an AbortError. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Draws a plot as SVG text, without a browser. The same plot gives the same text on every machine.
 *
 * The text names the font Open Sans and is laid out for it; where a viewer lacks it, another
 * sans-serif font is shown.
 *
 * @param plot - of this package, or any Vega-Lite specification that holds its data
 * @throws DataError if the specification is invalid
 * @throws AbortError
 */
export async function renderSvg(
  plot: Plot | Promise<Plot>,
  options: RenderSvgOptions = {},
): Promise<string> {
  const { spec } = await plot;
  try {
    return await drawSvg(spec, options);
  } catch (cause) {
    if (cause instanceof AbortError) throw cause;
    throw new DataError('the specification of a plot cannot be drawn', {
      got: cause instanceof Error ? cause.message : String(cause),
      expected: 'a valid Vega-Lite 6 specification',
      cause,
    });
  }
}
