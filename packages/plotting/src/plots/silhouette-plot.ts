import { DataError } from '@dance-ts/core';
import { categoryLabels, countCategories, type LabelInput } from '../data/category-labels.js';
import { makePlot, type PlotOptions } from '../make-plot.js';
import { defaultColors } from '../palette/palettes.js';
import type { Plot } from '../plot.js';
import { pixels } from './headings.js';
import { thousands } from './scatter-legend.js';
import { spread } from './spread.js';

/** Options of `silhouettePlot`. */
export interface SilhouettePlotOptions extends PlotOptions {
  /** CSS colors, one a cluster; default the default palette (or pass `categoryColors`). */
  readonly colors?: readonly string[];
}

/** One cluster of the picture. */
interface Cluster {
  readonly name: string;
  readonly color: string;
  /** Falling. */
  readonly values: Float64Array;
  readonly mean: number;
}

const WIDTH = 380;
const HEIGHT = 420;
/** Height of the name of a cluster. */
const LINE = 15;
const GRID = '#e6e6e6';
/** Empty part of the height between two clusters. */
const GAP = 0.015;
/** Outlines have at most this many points; a picture cannot show more. */
const MAX_STEPS = 300;

/**
 * Silhouettes of the cells of each cluster, sorted (Rousseeuw, Journal of Computational and Applied
 * Mathematics 20, 1987). A cluster's height is its number of cells; the dashed line is the mean of
 * all; parts left of 0 lie nearer to another cluster.
 *
 * @param values - silhouette of each cell, -1 to 1 (`silhouetteSamples` of `@dance-ts/metrics`)
 * @param labels - cluster of each cell; cells without one are left out
 * @throws DataError if the two differ in length, no cell has a cluster, a value is not within -1 to
 * 1, or there are too few colors
 * @throws ParamError if a side is out of range
 */
export function silhouettePlot(
  values: ArrayLike<number>,
  labels: LabelInput,
  options: SilhouettePlotOptions = {},
): Plot {
  const clusters = clustersOf(values, labels, options.colors);
  const width = options.width ?? WIDTH;
  const height = options.height ?? Math.max(HEIGHT, LINE * (clusters.length + 1));
  const nCells = clusters.reduce((sum, cluster) => sum + cluster.values.length, 0);
  const mean =
    clusters.reduce((sum, cluster) => sum + cluster.mean * cluster.values.length, 0) / nCells;
  const gap = nCells * GAP;
  const starts = startsOf(clusters, gap);
  const domain = [-gap, nCells + gap * clusters.length] as const;
  const lowest = clusters.reduce((least, { values: v }) => Math.min(least, v.at(-1) ?? 0), 0);
  const body = {
    width,
    height,
    encoding: {
      x: {
        type: 'quantitative',
        title: 'silhouette',
        scale: { domain: [Math.max(-1, Math.floor(lowest * 10) / 10), 1], nice: false },
        axis: { grid: true, gridColor: GRID },
      },
      y: {
        type: 'quantitative',
        axis: null,
        scale: { domain, reverse: true, nice: false },
      },
    },
    layer: [
      outlines(clusters, starts),
      names(clusters, starts, (y) => ((y - domain[0]) / (domain[1] - domain[0])) * height),
      {
        data: { values: [{ v: mean }] },
        mark: { type: 'rule', strokeDash: [5, 4], color: '#222222' },
        encoding: { x: { field: 'v' }, y: { value: 0 }, y2: { value: height } },
      },
    ],
  };
  const title = options.title ?? `mean silhouette ${mean.toFixed(3)}`;
  return makePlot(body, { width, height, title }, { view: { stroke: GRID } });
}

function outlines(
  clusters: readonly Cluster[],
  starts: readonly number[],
): Record<string, unknown> {
  const rows = clusters.flatMap(({ name, values }, k) =>
    steps(values).map(({ place, value }) => ({ name, y: starts[k]! + place, v: value })),
  );
  return {
    data: { values: rows },
    mark: { type: 'area', orient: 'horizontal' },
    encoding: {
      x: { field: 'v' },
      x2: { datum: 0 },
      y: { field: 'y' },
      color: {
        field: 'name',
        type: 'nominal',
        scale: {
          domain: clusters.map(({ name }) => name),
          range: clusters.map(({ color }) => color),
        },
        legend: null,
      },
    },
  };
}

/** Left of the picture: name, number of cells and mean of each cluster. */
function names(
  clusters: readonly Cluster[],
  starts: readonly number[],
  pixelOf: (y: number) => number,
): Record<string, unknown> {
  const middles = clusters.map(({ values }, k) => pixelOf(starts[k]! + values.length / 2));
  const places = spread(middles, LINE, [0, Infinity]);
  const rows = clusters.map(({ name, values, mean }, k) => ({
    y: places[k]!,
    label: `${name} (${thousands(values.length)}): ${mean.toFixed(2)}`,
  }));
  return {
    data: { values: rows },
    mark: { type: 'text', align: 'right', baseline: 'middle', fontSize: 11, color: '#222222' },
    encoding: { x: { value: -8 }, y: pixels('y'), text: { field: 'label' } },
  };
}

/** Corners of the outline of falling bars. */
function steps(values: Float64Array): { place: number; value: number }[] {
  const n = Math.min(values.length, MAX_STEPS);
  return Array.from({ length: n }, (_, i) => {
    const from = Math.round((i * values.length) / n);
    const to = Math.round(((i + 1) * values.length) / n);
    const value = Math.round(values[(from + to - 1) >> 1]! * 1e4) / 1e4;
    return [
      { place: from, value },
      { place: to, value },
    ];
  }).flat();
}

function startsOf(clusters: readonly Cluster[], gap: number): number[] {
  let next = 0;
  return clusters.map(({ values }) => {
    const start = next;
    next += values.length + gap;
    return start;
  });
}

function clustersOf(
  values: ArrayLike<number>,
  input: LabelInput,
  colors: readonly string[] | undefined,
): Cluster[] {
  const labels = categoryLabels(input, 'clusters');
  const { codes, categories } = labels;
  if (codes.length !== values.length) {
    throw new DataError('silhouettes and clusters do not belong together', {
      got: `${values.length} silhouettes and ${codes.length} labels`,
      expected: 'one of each for every cell',
    });
  }
  const palette = colors ?? defaultColors(categories.length);
  if (palette.length < categories.length) {
    throw new DataError('too few colors', {
      got: String(palette.length),
      expected: `${categories.length}, one a cluster`,
    });
  }
  const { counts } = countCategories(labels);
  const members = Array.from(counts, (count) => new Float64Array(count));
  const filled = new Int32Array(counts.length);
  for (let cell = 0; cell < codes.length; cell++) {
    const code = codes[cell]!;
    if (code >= 0) members[code]![filled[code]!++] = silhouetteAt(values, cell);
  }
  const clusters = members.flatMap((own, code) =>
    own.length === 0
      ? []
      : [
          {
            name: categories[code]!,
            color: palette[code]!,
            values: own.sort().reverse(),
            mean: own.reduce((sum, value) => sum + value, 0) / own.length,
          },
        ],
  );
  if (clusters.length > 0) return clusters;
  throw new DataError('there is nothing to draw', { got: 'no cell with a cluster' });
}

function silhouetteAt(values: ArrayLike<number>, cell: number): number {
  const value = values[cell]!;
  if (value >= -1 && value <= 1) return value;
  throw new DataError(`the silhouette of cell ${cell} is none`, {
    got: String(value),
    expected: '-1 to 1',
  });
}
