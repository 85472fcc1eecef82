import { FormatError, TASKS, type Paper, type RegisteredModel, type Task } from '@dance-ts/core';

/** A model as the tables show it. */
export interface ModelRow {
  readonly id: string;
  readonly name: string;
  readonly task: Task;
  readonly paper: Omit<Paper, 'authors'> & { readonly authors?: string };
  /** Kind of network. */
  readonly backbone: string;
  readonly status: 'available' | 'planned';
}

/**
 * Reads the list of planned models (`docs/models.json`).
 *
 * @throws FormatError naming the entry that is not right
 */
export function parseModelRows(json: string): ModelRow[] {
  const entries: unknown = JSON.parse(json);
  if (!Array.isArray(entries)) throw new FormatError('the list of models is not an array');
  const rows = entries.map(parseRow);
  rows.forEach(({ id }, i) => {
    if (rows.findIndex((row) => row.id === id) !== i) throw invalid(i, `id "${id}" twice`);
  });
  return rows;
}

/** Planned models with the registered ones in their place; a registered one is available. */
export function mergeModels(
  planned: readonly ModelRow[],
  registered: readonly RegisteredModel[],
): ModelRow[] {
  const available = new Map(registered.map(({ spec }) => [spec.id, rowOf(spec)]));
  const merged = planned.map((row) => available.get(row.id) ?? row);
  const known = new Set(planned.map(({ id }) => id));
  return [...merged, ...[...available.values()].filter(({ id }) => !known.has(id))];
}

function rowOf(spec: RegisteredModel['spec']): ModelRow {
  const { id, name, task, paper, backbone } = spec;
  return { id, name, task, paper, backbone, status: 'available' };
}

function parseRow(entry: unknown, i: number): ModelRow {
  const { id, name, task, paper, backbone, status } = fields(entry);
  const { authors, title, venue, year, doi } = fields(paper);
  if (!isText(id) || !/^[a-z][a-z0-9-]*$/.test(id)) throw invalid(i, `id ${JSON.stringify(id)}`);
  const known = TASKS.find((one) => one === task);
  if (known === undefined) throw invalid(i, `task ${JSON.stringify(task)}`);
  if (status !== 'planned') throw invalid(i, `status ${JSON.stringify(status)}`);
  if (!isText(name) || !isText(backbone)) throw invalid(i, 'no name or no backbone');
  if (!isText(title) || !isText(venue) || !Number.isInteger(year)) {
    throw invalid(i, 'a paper without title, venue or year');
  }
  return {
    id,
    name,
    task: known,
    paper: {
      title,
      venue,
      year: Number(year),
      ...(isText(authors) ? { authors } : {}),
      ...(isText(doi) ? { doi } : {}),
    },
    backbone,
    status,
  };
}

function fields(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function invalid(index: number, got: string): FormatError {
  return new FormatError(`entry ${index} of the list of models is not right`, {
    got,
    expected:
      'id (lower case, unique), name, task, paper {title, venue, year}, backbone and status "planned"',
  });
}
