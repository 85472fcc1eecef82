import type { Config } from 'vega-lite';

/** Name of the font that every picture is measured for and that `renderPng` draws with. */
export const FONT = 'Open Sans';

const FAMILY = `${FONT}, Helvetica, Arial, sans-serif`;
const INK = '#222222';
const FRAME = '#8c8c8c';

/** Appearance common to all plots: one font, dark text, thin gray frames, no grid. */
export const THEME: Config = {
  background: 'white',
  padding: 12,
  font: FAMILY,
  // Without it, every point of a scatter plot would carry a sentence for screen readers.
  aria: false,
  view: { stroke: FRAME, strokeWidth: 0.8 },
  axis: {
    grid: false,
    domain: false,
    tickColor: FRAME,
    tickSize: 4,
    labelColor: INK,
    labelFontSize: 11,
    labelLimit: 260,
    labelFlush: false,
    titleColor: INK,
    titleFontSize: 12,
    titleFontWeight: 'normal',
    titlePadding: 8,
  },
  legend: {
    labelColor: INK,
    labelFontSize: 11,
    labelLimit: 320,
    titleColor: INK,
    titleFontSize: 12,
    titleFontWeight: 600,
    titleLimit: 320,
    // Above the number of categories of any data; Vega's own limit hides those after the 30th.
    symbolLimit: 1000,
    rowPadding: 3,
    columnPadding: 16,
    offset: 16,
  },
  header: { labelColor: INK, labelFontSize: 12, titleColor: INK, titleFontWeight: 600 },
  title: {
    color: INK,
    fontSize: 14,
    fontWeight: 600,
    anchor: 'middle',
    offset: 10,
    subtitleColor: INK,
    subtitleFontSize: 11,
    subtitlePadding: 4,
  },
};
