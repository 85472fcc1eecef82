import { DataError } from '@dance-ts/core';
import { makePlot, type PlotOptions } from '../make-plot.js';
import type { Plot } from '../plot.js';

/** A method's result on a data set. */
export interface BenchmarkResult {
  readonly model: string;
  readonly dataset: string;
  /** Mean score. */
  readonly mean: number;
  /** Lower end of its interval; without one, only the mean is drawn. */
  readonly low?: number;
  /** Upper end of its interval. */
  readonly high?: number;
  /** True for a method without a model, such as the most frequent class. */
  readonly isControl?: boolean;
}

/** Options of `benchmarkPlot`; `width` is that of one panel, `height` follows from the models. */
export interface BenchmarkPlotOptions extends Pick<PlotOptions, 'title' | 'width'> {
  /** Name of the score; default `'score'`. */
  readonly metric?: string;
  /** Whether lower scores are better, so that they are sorted upwards; default false. */
  readonly lowerIsBetter?: boolean;
  /** Panels side by side before a new row begins; default 3. */
  readonly columns?: number;
}

const PANEL = 170;
const ROW = 20;
const MODEL = '#0072b2';
const CONTROL = '#777777';
const GRID = '#e6e6e6';

/**
 * Models by data sets: a panel a data set, a row a model, best on average on top; the mean score
 * with its interval. Controls are gray diamonds below all models.
 *
 * @param results - one a model and data set; a pair that is not there leaves its place empty
 * @throws DataError if there are no results, a pair occurs twice, or a number is not finite
 * @throws ParamError if the width is out of range
 */
export function benchmarkPlot(
  results: readonly BenchmarkResult[],
  options: BenchmarkPlotOptions = {},
): Plot {
  checkResults(results);
  const models = sortedModels(results, options.lowerIsBetter ?? false);
  const datasets = [...new Set(results.map(({ dataset }) => dataset))];
  const width = options.width ?? PANEL;
  const height = ROW * models.length;
  const body = {
    data: { values: results.map(rowOf) },
    facet: {
      field: 'dataset',
      type: 'nominal',
      sort: datasets,
      title: null,
      header: { labelFontWeight: 600, labelLimit: width },
    },
    columns: options.columns ?? 3,
    spacing: { row: 28, column: 20 },
    // Else the last row of panels, if it is not full, has axes without panels.
    resolve: { axis: { x: 'independent' } },
    spec: { width, height, ...panel(models, domainOf(results), options.metric ?? 'score') },
  };
  return makePlot(body, { width, height, title: options.title ?? '' }, { view: { stroke: GRID } });
}

function panel(
  models: readonly string[],
  domain: readonly [number, number],
  metric: string,
): Record<string, unknown> {
  const kind = {
    field: 'kind',
    type: 'nominal',
    legend: { title: null, symbolOpacity: 1 },
  };
  const color = { ...kind, scale: { domain: ['model', 'control'], range: [MODEL, CONTROL] } };
  const shape = { ...kind, scale: { domain: ['model', 'control'], range: ['circle', 'diamond'] } };
  return {
    encoding: {
      y: { field: 'model', type: 'nominal', sort: models, title: null, axis: { ticks: false } },
      x: {
        field: 'mean',
        type: 'quantitative',
        title: metric,
        scale: { domain, nice: true, zero: false },
        axis: { grid: true, gridColor: GRID, tickCount: 5 },
      },
      color,
    },
    layer: [
      {
        transform: [{ filter: 'isValid(datum.low)' }],
        mark: { type: 'rule', strokeWidth: 2.2 },
        encoding: { x: { field: 'low', type: 'quantitative' }, x2: { field: 'high' } },
      },
      { mark: { type: 'point', filled: true, size: 52, opacity: 1 }, encoding: { shape } },
    ],
  };
}

function rowOf({ model, dataset, mean, low, high, isControl }: BenchmarkResult): object {
  const interval = low === undefined || high === undefined ? {} : { low, high };
  return { model, dataset, mean, ...interval, kind: isControl === true ? 'control' : 'model' };
}

/** The whole of 0 to 1 for scores within, else what the results span. */
function domainOf(results: readonly BenchmarkResult[]): readonly [number, number] {
  const ends = results.flatMap(({ mean, low = mean, high = mean }) => [low, high]);
  const least = Math.min(...ends);
  const most = Math.max(...ends);
  return least >= 0 && most <= 1 ? [0, 1] : [least, most];
}

/** Models, then controls, each by the average over their data sets. */
function sortedModels(results: readonly BenchmarkResult[], lowerIsBetter: boolean): string[] {
  const sums = new Map<string, { sum: number; n: number; isControl: boolean }>();
  for (const { model, mean, isControl = false } of results) {
    const { sum, n } = sums.get(model) ?? { sum: 0, n: 0 };
    sums.set(model, { sum: sum + mean, n: n + 1, isControl });
  }
  const sign = lowerIsBetter ? 1 : -1;
  return [...sums]
    .map(([model, { sum, n, isControl }]) => ({ model, average: sum / n, isControl }))
    .sort((a, b) => Number(a.isControl) - Number(b.isControl) || sign * (a.average - b.average))
    .map(({ model }) => model);
}

function checkResults(results: readonly BenchmarkResult[]): void {
  if (results.length === 0) {
    throw new DataError('there is nothing to draw', { got: 'no results', expected: 'at least 1' });
  }
  const seen = new Set<string>();
  for (const { model, dataset, mean, low = mean, high = mean } of results) {
    const pair = `${model} on ${dataset}`;
    if (seen.has(pair)) throw new DataError('a result is given twice', { got: pair });
    seen.add(pair);
    if ([mean, low, high].every(Number.isFinite) && low <= high) continue;
    throw new DataError(`the score of ${pair} cannot be drawn`, {
      got: `mean ${mean}, interval ${low} to ${high}`,
      expected: 'finite numbers, the lower end first',
    });
  }
}
