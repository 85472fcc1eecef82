import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** A cell of a benchmark, as far as running it goes. */
export interface RunnableCell {
  /** Name of its result. */
  readonly hash: string;
  readonly spec: {
    readonly kind: string;
    readonly model: string | null;
    readonly dataset: string;
    readonly seed: number;
  };
}

/** Options of {@link runCells}. */
export interface RunCellsOptions<Cell extends RunnableCell = RunnableCell> {
  readonly cells: readonly Cell[];
  /** Folder of the results. */
  readonly folder: string;
  /** No cell begins later than this; default: no limit. */
  readonly minutes?: number | undefined;
  readonly signal: AbortSignal;
  /** Runs a cell, which writes its result to `file`; true if it did. */
  run(cell: Cell, file: string, signal: AbortSignal): Promise<boolean>;
  /** Takes lines for the user. */
  tell(line: string): void;
}

/** What became of the cells of a plan. */
export interface CellTally {
  readonly finishedBefore: number;
  readonly finished: number;
  readonly failed: readonly string[];
  /** Not begun, for lack of time or because the run was interrupted. */
  readonly left: number;
}

/** File of a cell's result. */
export function resultFile(folder: string, { hash }: Pick<RunnableCell, 'hash'>): string {
  return join(folder, `${hash}.json`);
}

/** Runs the cells that have no result yet, one after the other. */
export async function runCells<Cell extends RunnableCell>(
  options: RunCellsOptions<Cell>,
): Promise<CellTally> {
  const { cells, folder, minutes = Infinity, signal } = options;
  const tell = (line: string): void => {
    options.tell(line);
  };
  const open = cells.filter((cell) => !existsSync(resultFile(folder, cell)));
  const failed: string[] = [];
  const start = performance.now();
  const passed = (): number => (performance.now() - start) / 60_000;
  tell(`${cells.length} cells, ${cells.length - open.length} of them finished before`);
  let begun = 0;
  for (const cell of open) {
    if (signal.aborted || passed() >= minutes) break;
    begun += 1;
    const name = nameOf(cell);
    const file = resultFile(folder, cell);
    // Another run of the same plan may have been here meanwhile.
    if (existsSync(file)) continue;
    tell(`${begun}/${open.length} ${name}`);
    const isDone = (await options.run(cell, file, signal)) && existsSync(file);
    if (isDone) tell(`  done after ${passed().toFixed(1)} min in all`);
    else if (!isStopped(signal)) failed.push(name);
  }
  const left = open.length - begun;
  if (left > 0) tell(`${left} cells are left: run the same command again`);
  for (const name of failed) tell(`failed: ${name}`);
  return {
    ...{ finishedBefore: cells.length - open.length, failed, left },
    finished: open.filter((cell) => existsSync(resultFile(folder, cell))).length,
  };
}

/** Read anew: a signal changes while a cell runs. */
function isStopped({ aborted }: AbortSignal): boolean {
  return aborted;
}

function nameOf({ spec, hash }: RunnableCell): string {
  const what = spec.model === null ? spec.kind : `${spec.model}, ${spec.kind},`;
  return `${what} on ${spec.dataset}, seed ${spec.seed} (${hash})`;
}
