import type { GroupColoring, ValueColoring } from '../data/point-colors.js';
import { MISSING_COLOR } from '../palette/palettes.js';

/** Height of a legend row in pixels, label and gap. */
const ROW = 17;

/** Name of the group of cells without a value, different from every category. */
export function missingLabel(categories: readonly string[]): string {
  let label = 'missing';
  while (categories.includes(label)) label = `(${label})`;
  return label;
}

/** A count with a comma between thousands. */
export function thousands(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** Color channel of groups: only those that occur, each with its number of cells. */
export function groupChannel(
  coloring: GroupColoring,
  show: boolean,
  legendTitle: string | null,
  height: number,
): Record<string, unknown> {
  const shown = coloring.categories.flatMap((label, code) =>
    coloring.counts[code]! > 0
      ? [{ label, count: coloring.counts[code]!, color: coloring.colors[code]! }]
      : [],
  );
  if (coloring.missing > 0) {
    const label = missingLabel(coloring.categories);
    shown.push({ label, count: coloring.missing, color: MISSING_COLOR });
  }
  const counts = Object.fromEntries(shown.map(({ label, count }) => [label, thousands(count)]));
  return {
    field: 'c',
    type: 'nominal',
    scale: {
      domain: shown.map(({ label }) => label),
      range: shown.map(({ color }) => color),
    },
    legend: show && {
      title: legendTitle,
      columns: Math.ceil(shown.length / Math.max(1, Math.floor(height / ROW))),
      labelExpr: `datum.label + ' (' + ${JSON.stringify(counts)}[datum.label] + ')'`,
      symbolType: 'circle',
      symbolSize: 80,
      symbolOpacity: 1,
      symbolStrokeWidth: 0,
    },
  };
}

/** Color channel of numbers: a bar. */
export function valueChannel(
  coloring: ValueColoring,
  show: boolean,
  legendTitle: string | null,
  height: number,
): Record<string, unknown> {
  return {
    field: 'c',
    type: 'quantitative',
    scale: {
      scheme: coloring.scheme,
      domain: coloring.range,
      clamp: true,
      nice: false,
      zero: false,
    },
    legend: show && {
      title: legendTitle,
      gradientLength: Math.min(200, Math.max(40, height - 60)),
      gradientThickness: 12,
      gradientOpacity: 1,
      tickCount: 5,
    },
  };
}

/** Channel that adds the missing values to the legend of numbers. */
export function missingChannel(missing: number): Record<string, unknown> {
  return {
    datum: `missing (${thousands(missing)})`,
    type: 'nominal',
    scale: { range: [MISSING_COLOR] },
    legend: {
      title: null,
      symbolType: 'circle',
      symbolFillColor: MISSING_COLOR,
      symbolSize: 80,
      symbolOpacity: 1,
    },
  };
}
