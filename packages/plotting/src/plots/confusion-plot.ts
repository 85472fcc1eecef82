import { DataError } from '@dance-ts/core';
import { categoryLabels, type CategoryLabels, type LabelInput } from '../data/category-labels.js';
import { makePlot, NO_FRAME, type PlotOptions } from '../make-plot.js';
import type { Plot } from '../plot.js';
import { missingLabel, thousands } from './scatter-legend.js';

/** Options of `confusionPlot`. */
export interface ConfusionPlotOptions extends PlotOptions {
  /** Of the rows; default `'true label'`. */
  readonly truthTitle?: string;
  /** Of the columns; default `'predicted label'`. */
  readonly predictedTitle?: string;
}

/** Numbers of cells by label (rows) and prediction (columns). */
interface Confusion {
  readonly rows: readonly string[];
  readonly columns: readonly string[];
  /** [rows, columns], row-major. */
  readonly counts: Int32Array;
}

const CELL = 34;
/** With more labels than this a side, cells are small and hold no numbers. */
const MAX_NUMBERED = 24;
const SMALL_CELL = 14;
const INK = '#1a1a1a';
/** ColorBrewer's Blues from white. */
const BLUES = ['#ffffff', '#c6dbef', '#6baed6', '#2171b5', '#08306b'];
/** Names up to this long stand upright under their columns. */
const SHORT = 3;

/**
 * How labels and predictions go together: each row is a label, the color of a cell is the part of
 * the row that got the prediction, and the number in it counts cells.
 *
 * Predictions from among the labels keep their order, so that right ones lie on the diagonal;
 * clusters, which have names of their own, are ordered by the label they overlap with most.
 * Missing labels and predictions have a row or column of their own.
 *
 * @param truth - one label a cell
 * @param predicted - one prediction or cluster a cell
 * @throws DataError if the two differ in length, are empty or have too many categories
 * @throws ParamError if a side is out of range
 */
export function confusionPlot(
  truth: LabelInput,
  predicted: LabelInput,
  options: ConfusionPlotOptions = {},
): Plot {
  const confusion = countPairs(
    categoryLabels(truth, 'truth'),
    categoryLabels(predicted, 'predicted'),
  );
  const { rows, columns } = confusion;
  const isNumbered = Math.max(rows.length, columns.length) <= MAX_NUMBERED;
  const side = isNumbered ? CELL : SMALL_CELL;
  const width = options.width ?? side * columns.length;
  const height = options.height ?? side * rows.length;
  const axis = { labelPadding: 4, ticks: false };
  const body = {
    width,
    height,
    data: { values: cellsOf(confusion) },
    encoding: {
      x: {
        field: 'predicted',
        type: 'nominal',
        sort: columns,
        title: options.predictedTitle ?? 'predicted label',
        axis: { ...axis, labelAngle: columns.every((name) => name.length <= SHORT) ? 0 : -45 },
      },
      y: {
        field: 'truth',
        type: 'nominal',
        sort: rows,
        title: options.truthTitle ?? 'true label',
        axis,
      },
    },
    layer: [shares(), ...(isNumbered ? [numbers()] : [])],
  };
  return makePlot(body, { width, height, title: options.title ?? '' }, NO_FRAME);
}

function shares(): Record<string, unknown> {
  return {
    mark: { type: 'rect', stroke: '#e0e0e0', strokeWidth: 1 },
    encoding: {
      color: {
        field: 'share',
        type: 'quantitative',
        scale: { domain: [0, 0.25, 0.5, 0.75, 1], range: BLUES, interpolate: 'rgb' },
        legend: {
          title: 'part of row',
          format: '.0%',
          gradientLength: 120,
          gradientThickness: 12,
          gradientStrokeColor: '#e0e0e0',
          gradientStrokeWidth: 1,
          values: [0, 0.25, 0.5, 0.75, 1],
        },
      },
    },
  };
}

function numbers(): Record<string, unknown> {
  return {
    transform: [{ filter: 'datum.count > 0' }],
    mark: { type: 'text', fontSize: 10 },
    encoding: {
      text: { field: 'label' },
      color: {
        condition: { test: 'datum.share > 0.55', value: 'white' },
        value: INK,
      },
    },
  };
}

function cellsOf({ rows, columns, counts }: Confusion): Record<string, unknown>[] {
  return rows.flatMap((truth, i) => {
    const row = counts.subarray(i * columns.length, (i + 1) * columns.length);
    const total = row.reduce((sum, count) => sum + count, 0);
    return columns.map((predicted, j) => {
      const count = row[j]!;
      const share = total === 0 ? 0 : Math.round((count / total) * 1e4) / 1e4;
      return { truth, predicted, count, share, label: thousands(count) };
    });
  });
}

function countPairs(truth: CategoryLabels, predicted: CategoryLabels): Confusion {
  if (truth.codes.length !== predicted.codes.length || truth.codes.length === 0) {
    throw new DataError('labels and predictions do not belong together', {
      got: `${truth.codes.length} labels and ${predicted.codes.length} predictions`,
      expected: 'one of each for every cell, and at least one cell',
    });
  }
  const names = new Set(truth.categories);
  const isAmongLabels = predicted.categories.every((name) => names.has(name));
  const rows = withMissing(truth, truth.categories);
  const columns = withMissing(predicted, isAmongLabels ? truth.categories : predicted.categories);
  const rowOf = placesOf(truth, rows);
  const columnOf = placesOf(predicted, columns);
  const counts = new Int32Array(rows.length * columns.length);
  for (let cell = 0; cell < truth.codes.length; cell++) {
    counts[rowOf(cell) * columns.length + columnOf(cell)]! += 1;
  }
  const confusion = { rows, columns, counts };
  return isAmongLabels ? confusion : diagonal(confusion);
}

function withMissing({ codes }: CategoryLabels, names: readonly string[]): readonly string[] {
  return codes.includes(-1) ? [...names, missingLabel(names)] : names;
}

/** Row or column of a cell; missing ones come last. */
function placesOf(
  { codes, categories }: CategoryLabels,
  names: readonly string[],
): (cell: number) => number {
  const places = categories.map((name) => names.indexOf(name));
  return (cell) => places[codes[cell]!] ?? names.length - 1;
}

/** Columns in the order of the rows that most of their cells lie in. */
function diagonal({ rows, columns, counts }: Confusion): Confusion {
  const at = (i: number, j: number): number => counts[i * columns.length + j]!;
  const best = columns.map((_, j) => {
    const column = rows.map((_row, i) => at(i, j));
    const most = Math.max(...column);
    return { j, row: column.indexOf(most), most };
  });
  const order = best.sort((a, b) => a.row - b.row || b.most - a.most || a.j - b.j).map((b) => b.j);
  return {
    rows,
    columns: order.map((j) => columns[j]!),
    counts: Int32Array.from(rows.flatMap((_, i) => order.map((j) => at(i, j)))),
  };
}
