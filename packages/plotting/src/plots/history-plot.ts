import { DataError, ParamError, type History } from '@dance-ts/core';
import { unknownName } from '../data/lookup.js';
import { makePlot, type PlotOptions } from '../make-plot.js';
import { defaultColors } from '../palette/palettes.js';
import type { Plot } from '../plot.js';

/** Options of `historyPlot`. */
export interface HistoryPlotOptions extends PlotOptions {
  /** Which entries of the history, in this order; default all that hold a finite number. */
  readonly terms?: readonly string[];
  /** Scale of the values; `'log'` needs values above 0. Default `'linear'`. */
  readonly scale?: 'linear' | 'log';
  /**
   * One panel a term, each with its own scale, or all in one; default one panel, unless the terms
   * differ in size so much that some would lie flat on the axis.
   */
  readonly panels?: boolean;
}

const WIDTH = 420;
const HEIGHT = 260;
const PANEL_HEIGHT = 110;
/** Ratio of the largest values of two terms from which on they get panels. */
const FAR_APART = 10;
/** Longer histories are lines without points. */
const MAX_POINTS = 40;
const GRID = '#e6e6e6';

/**
 * Loss terms over the epochs of a fit.
 *
 * @param history - of a fitted model: one value an epoch for each term; a value that is not
 * finite (a score taken every tenth epoch, say) is passed over
 * @returns `height` is that of one panel
 * @throws DataError if there is nothing to draw, or no term of a name, or `'log'` meets a value <= 0
 * @throws ParamError for an option out of range
 */
export function historyPlot(history: History, options: HistoryPlotOptions = {}): Plot {
  const terms = options.terms ?? Object.keys(history).filter((term) => hasValue(history[term]));
  for (const term of terms) {
    if (!(term in history)) throw unknownName('term of the history', term, Object.keys(history));
  }
  if (terms.length === 0 || !terms.some((term) => hasValue(history[term]))) {
    throw new DataError('the history holds nothing to draw', {
      got: `${Object.keys(history).length} terms without a finite value`,
      remedy: 'Give model.history of a model that was fitted.',
    });
  }
  const scale = options.scale ?? 'linear';
  if (!['linear', 'log'].includes(scale)) {
    throw new ParamError('scale of a history plot', { got: scale, expected: 'linear or log' });
  }
  if (scale === 'log') assertPositive(history, terms);
  const inPanels = options.panels ?? (scale === 'linear' && areFarApart(history, terms));
  const width = options.width ?? WIDTH;
  const height = options.height ?? (inPanels ? PANEL_HEIGHT : HEIGHT);
  const longest = Math.max(...terms.map((term) => history[term]?.length ?? 0));
  const lines = linesOf(terms, scale, inPanels, longest);
  const values = terms.flatMap((term) => rowsOf(term, history[term] ?? []));
  const body = inPanels
    ? {
        data: { values },
        facet: {
          row: { field: 'term', type: 'nominal', sort: terms, title: null, header: HEADER },
        },
        resolve: { scale: { y: 'independent' } },
        spacing: 14,
        spec: { width, height, ...lines },
      }
    : { width, height, data: { values }, ...lines };
  return makePlot(body, { width, height, title: options.title ?? '' }, { view: { stroke: GRID } });
}

const HEADER = { labelOrient: 'top', labelAnchor: 'start', labelFontWeight: 600, labelPadding: 4 };

function linesOf(
  terms: readonly string[],
  scale: string,
  inPanels: boolean,
  longest: number,
): Record<string, unknown> {
  const isLegendNeeded = terms.length > 1 && !inPanels;
  const title = terms.length === 1 ? terms[0] : inPanels ? null : 'value';
  return {
    mark: {
      type: 'line',
      strokeWidth: 1.8,
      point: longest <= MAX_POINTS && { size: 14, filled: true },
    },
    encoding: {
      x: {
        field: 'epoch',
        type: 'quantitative',
        title: 'epoch',
        scale: { zero: false, nice: false },
        axis: { tickMinStep: 1, format: 'd' },
      },
      y: {
        field: 'value',
        type: 'quantitative',
        title,
        scale: { type: scale, zero: false },
        axis: { grid: true, gridColor: GRID, tickCount: inPanels ? 4 : 6 },
      },
      color: {
        field: 'term',
        type: 'nominal',
        scale: { domain: terms, range: lineColors(terms.length) },
        legend: isLegendNeeded ? { title: null, symbolType: 'stroke', symbolStrokeWidth: 3 } : null,
      },
    },
  };
}

/** The default colors, dark ones first: yellow and orange make poor lines. */
function lineColors(n: number): string[] {
  if (n > 8) return defaultColors(n);
  return [4, 5, 2, 6, 1, 0, 7, 3].slice(0, n).map((i) => defaultColors(8)[i]!);
}

/** Epochs count from 1. */
function rowsOf(term: string, values: readonly number[]): Record<string, unknown>[] {
  return values.flatMap((value, i) =>
    Number.isFinite(value) ? [{ term, epoch: i + 1, value }] : [],
  );
}

function hasValue(values: readonly number[] | undefined): boolean {
  return values?.some(Number.isFinite) ?? false;
}

function areFarApart(history: History, terms: readonly string[]): boolean {
  const sizes = terms.flatMap((term) => {
    const finite = (history[term] ?? []).filter(Number.isFinite).map(Math.abs);
    return finite.length === 0 ? [] : [Math.max(...finite)];
  });
  return Math.max(...sizes) > FAR_APART * Math.min(...sizes);
}

function assertPositive(history: History, terms: readonly string[]): void {
  for (const term of terms) {
    const bad = history[term]?.find((value) => Number.isFinite(value) && value <= 0);
    if (bad === undefined) continue;
    throw new DataError(`term "${term}" has a value that a log scale cannot show`, {
      got: String(bad),
      expected: 'values > 0',
      remedy: 'Choose the linear scale, or other terms.',
    });
  }
}
