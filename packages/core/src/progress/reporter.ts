/** One step of a long task. */
export interface ProgressUpdate {
  /** What is running, for example `GraphSC: epoch`. */
  readonly task: string;
  /** Steps done so far. */
  readonly done: number;
  /** Steps in all, if known. */
  readonly total?: number;
  /** Numbers worth watching, for example the loss terms of the epoch. */
  readonly values?: Readonly<Record<string, number>>;
}

/** Severity of a message. */
export type MessageLevel = 'info' | 'warning';

/** Receives progress and messages; a library never writes to the terminal by itself. */
export interface Reporter {
  /** A step of a long task is done. */
  progress(update: ProgressUpdate): void;
  /** Something the user should know, on one line. */
  message(level: MessageLevel, text: string): void;
}

/** Writes nothing. */
export const silentReporter: Reporter = {
  progress: () => undefined,
  message: () => undefined,
};

/** Text lines with the estimated time to go, at most one a second for each task. */
export class TextReporter implements Reporter {
  private readonly tasks = new Map<string, { start: number; printed: number }>();

  constructor(
    private readonly write: (line: string) => void,
    private readonly everyMs = 1000,
  ) {}

  progress(update: ProgressUpdate): void {
    const now = performance.now();
    let task = this.tasks.get(update.task);
    if (task === undefined) {
      task = { start: now, printed: -Infinity };
      this.tasks.set(update.task, task);
    }
    const finished = update.done === update.total;
    if (!finished && now - task.printed < this.everyMs) return;
    task.printed = now;
    if (finished) this.tasks.delete(update.task);
    const count = update.total === undefined ? `${update.done}` : `${update.done}/${update.total}`;
    const values = Object.entries(update.values ?? {})
      .map(([name, value]) => ` ${name} ${formatNumber(value)}`)
      .join('');
    this.write(`${update.task} ${count}${values}${eta(update, now - task.start, finished)}\n`);
  }

  message(level: MessageLevel, text: string): void {
    this.write(level === 'warning' ? `warning: ${text}\n` : `${text}\n`);
  }
}

/** One JSON object a line, for programs that watch. */
export class JsonLinesReporter implements Reporter {
  constructor(private readonly write: (line: string) => void) {}

  progress(update: ProgressUpdate): void {
    this.write(`${JSON.stringify({ type: 'progress', ...update })}\n`);
  }

  message(level: MessageLevel, text: string): void {
    this.write(`${JSON.stringify({ type: 'message', level, text })}\n`);
  }
}

/** Text on stderr where there is one (Node), silence elsewhere (browsers). */
export function defaultReporter(): Reporter {
  const host = globalThis as { process?: { stderr?: { write?: (text: string) => unknown } } };
  const stderr = host.process?.stderr;
  return typeof stderr?.write === 'function'
    ? new TextReporter((line) => void stderr.write?.(line))
    : silentReporter;
}

function eta(update: ProgressUpdate, elapsedMs: number, finished: boolean): string {
  if (finished) return ` (${formatSeconds(elapsedMs / 1000)})`;
  if (update.total === undefined || update.done < 1) return '';
  const left = (elapsedMs / update.done) * (update.total - update.done);
  return ` (${formatSeconds(left / 1000)} left)`;
}

function formatSeconds(seconds: number): string {
  if (seconds < 60) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60
    ? `${minutes} min ${Math.round(seconds % 60)} s`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

function formatNumber(value: number): string {
  return Math.abs(value) >= 1e-3 && Math.abs(value) < 1e5
    ? value.toPrecision(5)
    : value.toExponential(3);
}
