import { DataError, ParamError, type AnnData, type Column } from '@dance-ts/core';
import { parseColor, colorRamp, type Rgb } from '../palette/color.js';
import { colorsFor } from '../palette/category-colors.js';
import { MISSING_COLOR } from '../palette/palettes.js';
import { categoryLabels, countCategories } from './category-labels.js';
import { expressionMatrix, geneIndices, unknownName } from './lookup.js';

/** Cells in groups. */
export interface GroupColoring {
  readonly kind: 'categorical';
  readonly name: string;
  readonly codes: Int32Array;
  readonly categories: readonly string[];
  readonly counts: Int32Array;
  readonly missing: number;
  /** CSS colors, one a category. */
  readonly colors: readonly string[];
}

/** Cells with a number each. */
export interface ValueColoring {
  readonly kind: 'continuous';
  readonly name: string;
  /** NaN where missing. */
  readonly values: Float64Array;
  readonly missing: number;
  /** Values at the ends of the color scale; values beyond get the end's color. */
  readonly range: readonly [number, number];
  /** Name of a Vega color scheme. */
  readonly scheme: string;
}

/** What gives the points of a picture their colors. */
export type Coloring = GroupColoring | ValueColoring;

/** How points are colored. */
export interface ColoringOptions {
  /** A column of obs, or else a gene of var, or else of raw.var. */
  readonly color: string;
  /** Layer that a gene's expression is read from; default X. */
  readonly layer?: string;
  /** Colors of categories, one each; or for numbers the name of a Vega scheme, default viridis. */
  readonly palette?: readonly string[] | string;
  /** Whether a numeric column holds group numbers or quantities; default quantities. */
  readonly kind?: 'categorical' | 'continuous';
  /** Ends of the color scale of numbers; default the smallest and the largest finite value. */
  readonly range?: readonly [number, number];
}

/**
 * Colors of the cells by an obs column or a gene.
 *
 * @throws DataError if there is no such column or gene, naming similar ones, or no layer of that name
 * @throws ParamError if the palette, kind or range does not fit
 */
export function coloringOf(data: AnnData, options: ColoringOptions): Coloring {
  const column = data.obs.find(options.color);
  if (column === undefined) return valueColoring(geneValues(data, options), options);
  const kind = options.kind ?? (column.kind === 'numeric' ? 'continuous' : 'categorical');
  return kind === 'categorical'
    ? groupColoring(data, column, options)
    : valueColoring(numbersOf(column, options.color), options);
}

/** Red, green and blue of a cell; missing values are gray. */
export function rgbOfCells(coloring: Coloring): (cell: number) => Rgb {
  const gray = parseColor(MISSING_COLOR);
  if (coloring.kind === 'categorical') {
    const colors = coloring.colors.map(parseColor);
    return (cell) => colors[coloring.codes[cell]!] ?? gray;
  }
  const ramp = colorRamp(coloring.scheme);
  const [low, high] = coloring.range;
  return (cell) => {
    const value = coloring.values[cell]!;
    if (Number.isNaN(value)) return gray;
    const fraction = (value - low) / (high - low);
    return ramp[Math.round(Math.min(1, Math.max(0, fraction)) * 255)]!;
  };
}

function groupColoring(
  data: AnnData,
  column: Column,
  { color, palette }: ColoringOptions,
): GroupColoring {
  if (typeof palette === 'string') {
    throw new ParamError(`palette of the categories of "${color}"`, {
      got: JSON.stringify(palette),
      expected: 'a list of colors, one a category',
    });
  }
  const labels = categoryLabels(column, color);
  return {
    kind: 'categorical',
    name: color,
    ...labels,
    ...countCategories(labels),
    colors: colorsFor(data, color, labels.categories.length, palette),
  };
}

function valueColoring(
  values: Float64Array,
  { color, palette = 'viridis', range }: ColoringOptions,
): ValueColoring {
  if (typeof palette !== 'string') {
    throw new ParamError(`palette of the numbers of "${color}"`, {
      got: 'a list of colors',
      expected: 'the name of a Vega color scheme, such as "viridis"',
    });
  }
  colorRamp(palette);
  if (range !== undefined && !(range[0] < range[1] && Number.isFinite(range[1] - range[0]))) {
    throw new ParamError('range of the color scale', {
      got: range.join(' to '),
      expected: 'two finite numbers, the smaller one first',
    });
  }
  let missing = 0;
  let low = Infinity;
  let high = -Infinity;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (!Number.isFinite(value)) {
      values[i] = NaN;
      missing += 1;
    } else {
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  return {
    kind: 'continuous',
    name: color,
    values,
    missing,
    range: range ?? spanOf(low, high),
    scheme: palette,
  };
}

/** Ends of a color scale; a constant stands in the middle of one. */
function spanOf(low: number, high: number): readonly [number, number] {
  if (low > high) return [0, 1];
  return low < high ? [low, high] : [low - 0.5, high + 0.5];
}

function numbersOf(column: Column, name: string): Float64Array {
  if (column.kind === 'numeric' || column.kind === 'boolean') {
    const { values, missing } = column;
    return Float64Array.from(values, (value, i) => (missing?.[i] ? NaN : value));
  }
  if (column.kind === 'categorical' && column.categories.every((c) => typeof c === 'number')) {
    const { codes, categories } = column;
    return Float64Array.from(codes, (code) => (code < 0 ? NaN : Number(categories[code])));
  }
  throw new DataError(`column "${name}" cannot be drawn as numbers`, {
    got: 'texts',
    remedy: 'Leave `kind` out, or set it to "categorical".',
  });
}

function geneValues(data: AnnData, { color, layer }: ColoringOptions): Float64Array {
  const inVar = data.var.indexOf(color) >= 0;
  const rawIndex = inVar || layer !== undefined ? -1 : (data.raw?.var.indexOf(color) ?? -1);
  if (!inVar && rawIndex < 0) {
    throw unknownName('obs column or gene', color, [...data.obs.columnNames, ...data.varNames]);
  }
  const [index = rawIndex] = inVar ? geneIndices(data, [color]) : [];
  const matrix = inVar || data.raw === undefined ? expressionMatrix(data, layer) : data.raw.X;
  return Float64Array.from({ length: data.nObs }, (_, i) => matrix.get(i, index));
}
