import type { Plot } from '../plot.js';
import { installedResources } from './png-resources.node.js';
import { renderSvg, type RenderSvgOptions } from './render-svg.js';
import { svgToPng, type PngOptions, type PngResources } from './svg-to-png.js';

/** Options of `renderPng`. */
export interface RenderPngOptions extends PngOptions, RenderSvgOptions {
  /** Drawing library and fonts; default: those of the installed packages. */
  readonly resources?: PngResources;
}

/**
 * Draws a plot as PNG bytes, without a browser or an installed font. The same plot gives the same
 * bytes on every machine.
 *
 * @param plot - of this package, or any Vega-Lite specification that holds its data
 * @throws ParamError if the scale is not a number above 0
 * @throws DataError if the specification is invalid or the picture too large
 * @throws IoError if the drawing library or the fonts are not installed
 * @throws AbortError
 */
export async function renderPng(
  plot: Plot | Promise<Plot>,
  options: RenderPngOptions = {},
): Promise<Uint8Array> {
  const svg = await renderSvg(plot, options);
  return svgToPng(svg, options.resources ?? (await installedResources()), options);
}
