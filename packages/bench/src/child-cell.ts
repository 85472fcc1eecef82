import { fork } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { ParamError } from '@dance-ts/core';
import { writeFileAtomic } from '@dance-ts/io';
import { runCells, type RunnableCell } from './clustering-bench/run-cells.js';

/** Heap of a cell, so that memory that grows out of bounds is found. */
const CELL_HEAP_MIB = 4096;

/** Options of {@link runInChildren}. */
export interface ChildrenOptions<Cell extends RunnableCell> {
  /** The benchmark's own file, which answers to `cell -- SPEC FILE COMMAND`. */
  readonly script: string;
  readonly cells: readonly Cell[];
  readonly folder: string;
  readonly minutes: number | undefined;
  /** The command line that makes one cell. */
  readonly commandOf: (cell: Cell) => string;
}

/** Runs the cells that have no result, each in a process of its own; sets the exit code. */
export async function runInChildren<Cell extends RunnableCell>(
  options: ChildrenOptions<Cell>,
): Promise<void> {
  const { script, cells, folder, minutes, commandOf } = options;
  mkdirSync(folder, { recursive: true });
  const abort = new AbortController();
  const stop = (): void => {
    abort.abort();
  };
  process.once('SIGINT', stop).once('SIGTERM', stop);
  const tally = await runCells<Cell>({
    ...{ cells, folder, minutes, signal: abort.signal },
    run: (cell, file, signal) => inChild(script, [cell.spec, file, commandOf(cell)], signal),
    tell: (line) => void process.stdout.write(`${line}\n`),
  });
  if (tally.failed.length > 0) process.exitCode = 1;
  if (abort.signal.aborted) process.exitCode = 130;
}

/**
 * The child's side: runs a cell and writes its result in one step. Afterwards, or after an error,
 * nothing keeps the process alive any more.
 */
export async function answerAsChild(
  [spec = '', file = '', command = '']: readonly string[],
  run: (spec: unknown, command: string, file: string) => Promise<object>,
): Promise<void> {
  // A benchmark that was killed must not leave its cell behind.
  const orphaned = (): never => process.exit(1);
  process.once('disconnect', orphaned);
  // It may have been killed while this process was starting.
  if (!process.connected) orphaned();
  try {
    const result = await run(JSON.parse(spec), command, file);
    await writeFileAtomic(file, `${JSON.stringify(result)}\n`);
  } finally {
    process.off('disconnect', orphaned);
    if (process.connected) process.disconnect();
  }
}

/** Minutes after which no cell begins; undefined: no limit; throws ParamError if it is no number. */
export function minutesOf(text: string | undefined): number | undefined {
  const minutes = text === undefined ? undefined : Number(text);
  if (minutes === undefined || minutes >= 0) return minutes;
  throw new ParamError('--minutes', { got: `"${text ?? ''}"`, expected: 'a number >= 0' });
}

/** Runs a cell in a process of its own; true if it ended well. */
function inChild(
  script: string,
  [spec, file, command]: readonly [object, string, string],
  signal: AbortSignal,
): Promise<boolean> {
  return new Promise((resolve) => {
    const child = fork(script, ['cell', '--', JSON.stringify(spec), file, command], {
      execArgv: [`--max-old-space-size=${CELL_HEAP_MIB}`],
    });
    const stop = (): void => void child.kill();
    signal.addEventListener('abort', stop, { once: true });
    child.once('exit', (code) => {
      signal.removeEventListener('abort', stop);
      resolve(code === 0);
    });
  });
}
