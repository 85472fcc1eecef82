import { DataError, ParamError, type Baseline, type ExplainOptions } from '@dance-ts/core';

const DEFAULT_STEPS = 50;
/** Targets a message lists before it only counts them. */
const LISTED = 30;

/** Checked options of an explanation. */
export interface ExplainSettings {
  readonly target: string;
  /** Place of the target among all. */
  readonly code: number;
  readonly steps: number;
  readonly baseline: Baseline;
}

/**
 * The options of `explain`, defaults filled in.
 *
 * @param targets - names of the targets the model knows
 * @param owner - model name, for messages
 * @throws ParamError for an unknown target (it lists the targets), baseline or number of steps
 */
export function explainSettings(
  options: ExplainOptions,
  targets: readonly string[],
  owner: string,
): ExplainSettings {
  const { steps = DEFAULT_STEPS } = options;
  const baseline: string = options.baseline ?? 'zero';
  const target = String(options.target);
  const code = targets.indexOf(target);
  if (code < 0) {
    const more = targets.length > LISTED ? ` and ${targets.length - LISTED} more` : '';
    throw new ParamError(`${owner}.explain: "target"`, {
      got: `"${target}"`,
      expected: `one of ${targets.slice(0, LISTED).join(', ')}${more}`,
    });
  }
  if (!Number.isInteger(steps) || steps < 1) {
    throw new ParamError(`${owner}.explain: "steps"`, {
      got: String(steps),
      expected: 'an integer >= 1',
    });
  }
  if (baseline !== 'zero' && baseline !== 'mean') {
    throw new ParamError(`${owner}.explain: "baseline"`, {
      got: `"${baseline}"`,
      expected: 'zero or mean',
    });
  }
  return { target, code, steps, baseline };
}

/** Cells among which {@link cellsToExplain} chooses. */
export interface CellChoice {
  /** Names of all cells. */
  readonly names: readonly string[];
  /** Row of each cell among those the model works on, -1 if preprocessing dropped it. */
  readonly rows: Int32Array;
  /** Whether the model gives each cell the target; asked only without `cells`. */
  readonly hasTarget: (position: number) => boolean;
}

/**
 * Names and rows of the cells to explain: those named, else those that have the target.
 *
 * @throws DataError for a name that is unknown, ambiguous, twice there or of a dropped cell, and if
 *   there are no cells
 */
export function cellsToExplain(
  cells: readonly string[] | undefined,
  { names, rows, hasTarget }: CellChoice,
  { target }: Pick<ExplainSettings, 'target'>,
  owner: string,
): { readonly cells: string[]; readonly rows: Int32Array } {
  const positions =
    cells === undefined
      ? Array.from(names.keys()).filter((i) => rows[i]! >= 0 && hasTarget(i))
      : positionsOf(cells, names, rows, owner);
  if (positions.length === 0) {
    throw new DataError(`${owner}.explain: there are no cells to explain`, {
      got: cells === undefined ? `no cell with "${target}"` : 'an empty list of cells',
      remedy: 'Name cells with { cells }, or choose another target.',
    });
  }
  return {
    cells: positions.map((i) => names[i]!),
    rows: Int32Array.from(positions, (i) => rows[i]!),
  };
}

function positionsOf(
  cells: readonly string[],
  names: readonly string[],
  rows: Int32Array,
  owner: string,
): number[] {
  const positions = new Map(names.map((name, i) => [name, i]));
  const asked = new Set<string>();
  return cells.map((name) => {
    const position = positions.get(name);
    const problem =
      position === undefined
        ? 'is not in the data'
        : asked.has(name)
          ? 'is named twice'
          : names.indexOf(name) !== position
            ? 'is the name of several cells'
            : rows[position]! < 0
              ? 'was dropped by preprocessing'
              : undefined;
    asked.add(name);
    if (position !== undefined && problem === undefined) return position;
    throw new DataError(`${owner}.explain: cell "${name}" ${problem ?? ''}`, {
      expected: 'names of cells of the data, each once',
    });
  });
}
