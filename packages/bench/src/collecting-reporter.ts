import type { MessageLevel, ProgressUpdate, Reporter } from '@dance-ts/core';

/** Passes everything on and remembers the warnings. */
export class CollectingReporter implements Reporter {
  readonly warnings: string[] = [];

  constructor(private readonly next: Reporter) {}

  progress(update: ProgressUpdate): void {
    this.next.progress(update);
  }

  message(level: MessageLevel, text: string): void {
    if (level === 'warning') this.warnings.push(text);
    this.next.message(level, text);
  }
}
