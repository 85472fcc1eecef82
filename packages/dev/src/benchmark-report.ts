import { markdownTable } from './markdown.js';

/** Marks a table of scores: the tables of cost and of classes have no such column. */
const SEEDS = 'seeds';

/** A score table of a benchmark report. */
interface ScoreTable {
  readonly dataset: string;
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Name of a method, and whether it is a model (and not a control). */
interface Method {
  readonly name: string;
  readonly isModel: boolean;
}

/** Rows a model has in tables of the same columns. */
export interface ModelRows {
  readonly header: readonly string[];
  readonly rows: readonly {
    readonly dataset: string;
    /** What stands behind the name of the model: a setting of its own, or "untrained". */
    readonly setting: readonly string[];
    readonly isModel: boolean;
    readonly cells: readonly string[];
  }[];
}

/**
 * The rows a model has in the score tables of the report of its task, with the data set: one entry
 * for each kind of table in the report.
 *
 * @param report - Markdown that `npm run bench:... -- render` wrote
 */
export function modelRows(report: string, id: string): ModelRows[] {
  const kinds = new Map<string, ModelRows>();
  for (const { dataset, header, rows } of scoreTables(report)) {
    const own = rows.flatMap((cells) => {
      const { name, isModel } = methodOf(cells[0] ?? '');
      const [first, ...setting] = name.split(', ');
      return first === id ? [{ dataset, setting, isModel, cells }] : [];
    });
    if (own.length === 0) continue;
    const before = kinds.get(header.join('|'))?.rows ?? [];
    kinds.set(header.join('|'), { header, rows: [...before, ...own] });
  }
  return [...kinds.values()];
}

/**
 * {@link modelRows} as Markdown.
 *
 * @returns undefined if the model is not in the report
 */
export function benchmarkRows(report: string, id: string): string | undefined {
  const kinds = modelRows(report, id);
  if (kinds.length === 0) return undefined;
  return kinds
    .map(({ header, rows }) =>
      markdownTable(
        ['data set', ...header],
        rows.map(({ dataset, cells }) => [dataset, ...cells]),
      ),
    )
    .join('\n\n');
}

/**
 * One score of all methods on all data sets, means only, from the first score table of each: what
 * the methods of another were told is not comparable. Models link to their pages.
 *
 * @param report - Markdown that `npm run bench:... -- render` wrote
 * @param score - title of a column
 * @param linkOf - where the page of a model is
 * @returns undefined if the report has no such score
 */
export function scoreOverview(
  report: string,
  score: string,
  linkOf: (id: string) => string,
): string | undefined {
  const firsts = new Map<string, ScoreTable>();
  for (const table of scoreTables(report)) {
    if (table.header.includes(score) && !firsts.has(table.dataset)) {
      firsts.set(table.dataset, table);
    }
  }
  if (firsts.size === 0) return undefined;
  const tables = [...firsts.values()];
  const methods = new Map<string, Method>();
  for (const [text = ''] of tables.flatMap(({ rows }) => rows)) {
    methods.set(text, methodOf(text));
  }
  const sorted = [...methods].sort(
    ([, a], [, b]) =>
      Number(b.isModel) - Number(a.isModel) || (a.isModel ? compare(a.name, b.name) : 0),
  );
  const meanOf = (text: string, { header, rows }: ScoreTable): string => {
    const row = rows.find(([method]) => method === text);
    return row?.[header.indexOf(score)]?.split(/ [±[]/)[0] ?? '';
  };
  const lines = sorted.map(([text, { name, isModel }]) => [
    isModel ? `[${name}](${linkOf(name.split(', ')[0]!)})` : name,
    ...tables.map((table) => meanOf(text, table)),
  ]);
  return markdownTable([score, ...firsts.keys()], lines);
}

function scoreTables(report: string): ScoreTable[] {
  const [, ...sections] = report.split(/^## /m);
  return sections.flatMap((section) => {
    const [dataset = '', ...lines] = section.split('\n');
    return tablesOf(lines)
      .filter(([header]) => header?.includes(SEEDS) === true)
      .map(([header = [], , ...rows]) => ({ dataset: dataset.trim(), header, rows }));
  });
}

/** Runs of table lines, cut into cells. */
function tablesOf(lines: readonly string[]): string[][][] {
  const tables: string[][][] = [];
  let isWithin = false;
  for (const line of lines) {
    if (line.startsWith('|')) {
      if (!isWithin) tables.push([]);
      tables.at(-1)?.push(cellsOf(line));
    }
    isWithin = line.startsWith('|');
  }
  return tables;
}

function cellsOf(line: string): string[] {
  return line
    .split(/(?<!\\)\|/)
    .slice(1, -1)
    .map((cell) => cell.trim().replaceAll('\\|', '|'));
}

/** Models are in bold type. */
function methodOf(text: string): Method {
  return { name: text.replaceAll('**', ''), isModel: text.startsWith('**') };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
