import type { Task } from '@dance-ts/core';
import { scoreOverview } from './benchmark-report.js';

/** Benchmark of a task: its report, and the scores that a task page shows. */
const BENCHMARKS: Partial<
  Record<Task, { readonly report: string; readonly scores: readonly string[] }>
> = {
  clustering: { report: 'clustering', scores: ['ARI'] },
  'cell-type-annotation': { report: 'annotation', scores: ['accuracy', 'macro F1'] },
  imputation: { report: 'imputation', scores: ['RMSE', 'deviance'] },
};

/** Where the benchmark report of a task is (or will be), from the root of the repository. */
export function benchmarkPath(task: Task): string {
  return `docs/benchmarks/${BENCHMARKS[task]?.report ?? task}.md`;
}

/** The part of a task page that comes from the benchmark: main scores of models and controls. */
export function benchmarkOverview(task: Task, report: string | undefined): string {
  const tables = (BENCHMARKS[task]?.scores ?? []).flatMap((score) => {
    const linkOf = (id: string): string => `../models/${id}.md`;
    return (report && scoreOverview(report, score, linkOf)) ?? [];
  });
  if (tables.length === 0) return 'Not measured yet.';
  const link = `../../${benchmarkPath(task)}`;
  return [
    `Means over seeds, from the [benchmark](${link}), which has their spread, cost and commands.`,
    ...tables,
  ].join('\n\n');
}
