import { ParamError } from '@dance-ts/core';
import type { Plot } from '../plot.js';
import { renderSvg, type RenderSvgOptions } from './render-svg.js';
import { svgToPng, type PngOptions, type PngResources } from './svg-to-png.js';

/** Options of `renderPng` in a browser. */
export interface RenderPngOptions extends PngOptions, RenderSvgOptions {
  /** Drawing library and fonts, fetched by the page. */
  readonly resources: PngResources;
}

/**
 * Draws a plot as PNG bytes, the same ones as in Node.
 *
 * @param plot - of this package, or any Vega-Lite specification that holds its data
 * @throws ParamError if the resources are missing or the scale is not a number above 0
 * @throws DataError if the specification is invalid or the picture too large
 * @throws AbortError
 */
export async function renderPng(
  plot: Plot | Promise<Plot>,
  options: RenderPngOptions,
): Promise<Uint8Array> {
  const given: Partial<RenderPngOptions> = options;
  if (given.resources === undefined) {
    throw new ParamError('resources of renderPng are missing', {
      expected: '{wasm, fonts}: index_bg.wasm of @resvg/resvg-wasm, and Open Sans as .ttf bytes',
      remedy: 'Fetch both in the page and pass them; in Node they are found by themselves.',
    });
  }
  return svgToPng(await renderSvg(plot, options), options.resources, options);
}
