import type { TopLevelSpec } from 'vega-lite';

/**
 * A picture before it is drawn: a Vega-Lite specification that holds its data, so that it can be
 * stored as JSON, changed, shown by vega-embed in a page, or given to `renderSvg` and `renderPng`.
 */
export interface Plot {
  /** Vega-Lite 6; refers to nothing outside itself. */
  readonly spec: TopLevelSpec;
  /** Width of the plotting area in pixels, without axes and legends. */
  readonly width: number;
  /** Height of the plotting area in pixels, without axes and legends. */
  readonly height: number;
}
