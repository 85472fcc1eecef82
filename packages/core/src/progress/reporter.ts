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

/** When a task was first heard of, how far it was then, and how far and when it was last. */
interface TaskTimes {
  readonly start: number;
  readonly firstDone: number;
  lastDone: number;
  printed: number;
}

/** Text lines with the estimated time to go, at most one a second for each task. */
export class TextReporter implements Reporter {
  private readonly tasks = new Map<string, TaskTimes>();

  constructor(
    private readonly write: (line: string) => void,
    private readonly everyMs = 1000,
  ) {}

  progress(update: ProgressUpdate): void {
    const now = performance.now();
    const task = this.timesOf(update, now);
    const finished = update.done === update.total;
    if (!finished && now - task.printed < this.everyMs) return;
    task.printed = now;
    if (finished) this.tasks.delete(update.task);
    const count = update.total === undefined ? `${update.done}` : `${update.done}/${update.total}`;
    const values = Object.entries(update.values ?? {})
      .map(([name, value]) => ` ${name} ${formatNumber(value)}`)
      .join('');
    this.write(`${update.task} ${count}${values}${timing(update, task, now)}\n`);
  }

  message(level: MessageLevel, text: string): void {
    this.write(level === 'warning' ? `warning: ${text}\n` : `${text}\n`);
  }

  private timesOf({ task, done }: ProgressUpdate, now: number): TaskTimes {
    const known = this.tasks.get(task);
    if (known !== undefined && done >= known.lastDone) {
      known.lastDone = done;
      return known;
    }
    const fresh = { start: now, firstDone: done, lastDone: done, printed: -Infinity };
    this.tasks.set(task, fresh);
    return fresh;
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

/** The time to go, or taken in the end; nothing while no step has been timed. */
function timing(update: ProgressUpdate, task: TaskTimes, now: number): string {
  const timedSteps = update.done - task.firstDone;
  if (timedSteps < 1 || update.total === undefined) return '';
  const elapsed = (now - task.start) / 1000;
  if (update.done === update.total) return ` (${formatSeconds(elapsed)})`;
  const left = (elapsed / timedSteps) * (update.total - update.done);
  return ` (${formatSeconds(left)} left)`;
}

function formatSeconds(seconds: number): string {
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  const minutes = Math.floor(whole / 60);
  if (minutes === 0) return `${whole} s`;
  return minutes < 60
    ? `${minutes} min ${whole % 60} s`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

function formatNumber(value: number): string {
  if (value === 0) return '0';
  return Math.abs(value) >= 1e-3 && Math.abs(value) < 1e5
    ? value.toPrecision(5)
    : value.toExponential(3);
}
