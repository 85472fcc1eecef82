import type { RunSeries, ScoreSummary } from '@dance-ts/bench';

/** Scores shown, as far as a task has them. */
const SHOWN = [
  ...['poisson_deviance', 'd2', 'rmse', 'mae', 'pcc', 'pcc_gene', 'mre'],
  ...['ari', 'nmi', 'acc', 'f1_macro', 'auroc', 'ece', 'silhouette'],
];

/** A short table for people: the scores of the runs and of their controls. */
export function formatSummary(series: RunSeries): string {
  const first = series.runs[0];
  if (first === undefined) return '';
  const { dataset, seconds, peakRssBytes } = first;
  const seeds = series.runs.map((run) => run.seed).join(', ');
  const lines = [
    `${first.model} on ${dataset.name} (${dataset.nObs} cells x ${dataset.nVars} genes), ` +
      `seed ${seeds}, backend ${first.backend}`,
    `fit ${seconds.fit.toFixed(1)} s, total ${seconds.total.toFixed(1)} s, ` +
      `peak memory ${(peakRssBytes / 2 ** 20).toFixed(0)} MiB`,
  ];
  if (Object.keys(series.summary).length === 0) {
    lines.push('no labels were given, so there are no scores (see --label-key)');
  } else {
    const several = series.runs.length > 1;
    const shown = SHOWN.filter((name) => name in series.summary);
    const titles = shown.map((name) => name.toUpperCase());
    lines.push(row('', titles));
    lines.push(row(first.model, cells(series.summary, shown, several)));
    for (const [name, scores] of Object.entries(series.controls)) {
      lines.push(row(name, cells(scores, shown, several)));
    }
  }
  return `${lines.join('\n')}\n`;
}

function cells(
  scores: Readonly<Record<string, ScoreSummary>>,
  shown: readonly string[],
  several: boolean,
): string[] {
  return shown.map((name) => {
    const score = scores[name];
    if (score === undefined) return '-';
    return several ? `${score.mean.toFixed(3)} ± ${score.sd.toFixed(3)}` : score.mean.toFixed(4);
  });
}

function row(name: string, values: readonly string[]): string {
  return name.padEnd(20) + values.map((value) => value.padStart(18)).join('');
}
