import type { RunSeconds } from './result.js';

/** Parts of a run that are timed one after the other. */
export type RunPart = keyof Omit<RunSeconds, 'total' | 'fitCpu'>;

/** Wall time of the parts of a run; parts that occur several times (folds) add up. */
export class Stopwatch {
  private readonly start = performance.now();
  private last = this.start;
  private lastCpu = process.cpuUsage();
  private readonly laps: Record<RunPart | 'fitCpu', number> = {
    load: 0,
    preprocess: 0,
    fit: 0,
    fitCpu: 0,
    predict: 0,
  };

  /** Counts the time since the last lap for a part. */
  lap(part: RunPart): void {
    this.laps[part] += (performance.now() - this.last) / 1000;
    if (part === 'fit') {
      const { user, system } = process.cpuUsage(this.lastCpu);
      this.laps.fitCpu += (user + system) / 1e6;
    }
    this.restart();
  }

  /** Begins a new lap: the time since the last one counts for no part. */
  restart(): void {
    this.last = performance.now();
    this.lastCpu = process.cpuUsage();
  }

  /** Adds times that were measured elsewhere, and begins a new lap. */
  add(seconds: Partial<Readonly<Record<RunPart | 'fitCpu', number>>>): void {
    for (const [part, time] of Object.entries(seconds)) {
      this.laps[part as RunPart | 'fitCpu'] += time;
    }
    this.restart();
  }

  /** All parts so far, and the time since the watch was made. */
  seconds(): RunSeconds {
    return { ...this.laps, total: (performance.now() - this.start) / 1000 };
  }
}
