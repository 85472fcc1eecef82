import type { AnnData } from '@dance-ts/core';
import { categoryLabels, countCategories } from '../data/category-labels.js';
import { groupExpression, unitScaleGenes } from '../data/group-expression.js';
import { assertCells, obsColumn } from '../data/lookup.js';
import { markersOf, type Marker, type MarkerGenes } from '../data/marker-genes.js';
import { makePlot, type PlotOptions } from '../make-plot.js';
import type { Plot } from '../plot.js';
import { headingLayers, pixels, type Heading } from './headings.js';
import { thousands } from './scatter-legend.js';

/** Options of `dotPlot`. */
export interface DotPlotOptions extends Pick<PlotOptions, 'title'> {
  /** Genes, or genes under headings (such as `{B: ['CD79A', 'MS4A1'], T: ['CD3D']}`). */
  readonly genes: MarkerGenes;
  /** Column of obs with the groups. */
  readonly groupby: string;
  /** Layer that expression is read from; default X. */
  readonly layer?: string;
  /** Scale each gene's means to 0 to 1, so that weak genes show too; default false. */
  readonly scaled?: boolean;
  /** A cell expresses a gene above this value; default 0. */
  readonly threshold?: number;
  /** Stops the work with an AbortError. */
  readonly signal?: AbortSignal | undefined;
}

const STEP = 24;
/** Area in square pixels of the dot of a gene that all cells express. */
const FULL_DOT = 320;
const DOT = { type: 'circle', opacity: 1, stroke: '#999999', strokeWidth: 0.5 };
/** From the picture up to the lines under headings. */
const BRACKET = 6;

/**
 * Genes by groups: a dot's size is the part of the group's cells that express the gene, its color
 * the mean expression over all cells of the group.
 *
 * @param data - expression should be comparable between cells, such as log-normalized counts
 * @returns columns are genes in the given order, rows the groups that have cells
 * @throws DataError if there is no such column, gene or layer (naming similar ones), no cells, or a
 * value is not finite
 * @throws ParamError if no genes are given
 * @throws AbortError
 */
export async function dotPlot(data: AnnData, options: DotPlotOptions): Promise<Plot> {
  assertCells(data);
  const labels = categoryLabels(obsColumn(data, options.groupby), options.groupby);
  const { counts } = countCategories(labels);
  const markers = markersOf(options.genes);
  const expression = await groupExpression(
    data,
    markers.map(({ gene }) => gene),
    labels,
    { layer: options.layer, threshold: options.threshold ?? 0, signal: options.signal },
  );
  if (options.scaled === true) unitScaleGenes(expression.mean, markers.length);
  const groups = labels.categories.flatMap((name, code) =>
    counts[code]! > 0 ? [{ code, label: `${name} (${thousands(counts[code]!)})` }] : [],
  );
  const nCategories = labels.categories.length;
  const values = markers.flatMap((_, g) =>
    groups.map(({ code, label }) => ({
      place: g,
      group: label,
      mean: brief(expression.mean[g * nCategories + code]!),
      fraction: brief(expression.fraction[g * nCategories + code]!),
    })),
  );
  const names = groups.map(({ label }) => label);
  const body = bodyOf(markers, names, values, options.scaled === true);
  return makePlot(body, {
    width: STEP * markers.length,
    height: STEP * groups.length,
    title: options.title ?? '',
  });
}

/** Dots of all genes; headings, if there are any, over lines that span their genes. */
function bodyOf(
  markers: readonly Marker[],
  groups: readonly string[],
  values: readonly Record<string, unknown>[],
  isScaled: boolean,
): Record<string, unknown> {
  const width = STEP * markers.length;
  const names = Object.fromEntries(markers.map(({ gene }, i) => [i, gene]));
  const axes = {
    x: {
      field: 'place',
      type: 'ordinal',
      title: null,
      axis: {
        labelAngle: -90,
        labelPadding: 4,
        labelExpr: `${JSON.stringify(names)}[datum.value]`,
      },
    },
    y: { field: 'group', type: 'nominal', sort: groups, title: null },
  };
  const headings = headingsOf(markers);
  return {
    width,
    height: STEP * groups.length,
    layer: [
      { data: { values }, mark: DOT, encoding: { ...axes, ...dotChannels(isScaled) } },
      ...(headings.length === 0
        ? []
        : [brackets(headings), ...headingLayers(headings, width, BRACKET)]),
    ],
  };
}

/** Runs of genes under the same heading, or none if there are no headings. */
function headingsOf(markers: readonly Marker[]): Heading[] {
  const names = [...new Set(markers.map(({ heading }) => heading))];
  if (names.length === 1 && names[0] === '') return [];
  return names.map((name) => {
    const first = markers.findIndex(({ heading }) => heading === name);
    const last = markers.findLastIndex(({ heading }) => heading === name);
    return { name, start: STEP * first + 4, end: STEP * (last + 1) - 4 };
  });
}

function brackets(headings: readonly Heading[]): Record<string, unknown> {
  return {
    data: { values: headings },
    mark: { type: 'rule', color: '#222222', y: -BRACKET },
    encoding: { x: pixels('start'), x2: { field: 'end' } },
  };
}

function dotChannels(isScaled: boolean): Record<string, unknown> {
  return {
    size: {
      field: 'fraction',
      type: 'quantitative',
      scale: { domain: [0, 1], range: [0, FULL_DOT] },
      legend: {
        title: 'cells expressing',
        format: '.0%',
        values: [0.2, 0.4, 0.6, 0.8, 1],
        symbolFillColor: '#999999',
        symbolStrokeWidth: 0,
      },
    },
    color: {
      field: 'mean',
      type: 'quantitative',
      scale: { scheme: 'reds', ...(isScaled ? { domain: [0, 1] } : { nice: false }) },
      legend: {
        title: isScaled ? 'mean, scaled by gene' : 'mean expression',
        gradientLength: 100,
        gradientThickness: 12,
        tickCount: 5,
      },
    },
  };
}

/** Four digits: more than a color or a size shows. */
function brief(value: number): number {
  return Number(value.toPrecision(4));
}
