import { describe, expect, test } from '@jest/globals';
import type { Scores } from '../clustering-bench/cell-result.js';
import type { ImputationCellResult } from './cell-result.js';
import type { ImputationKind, Protocol } from './cells.js';
import { methodSeries } from './method-series.js';
import { renderImputation } from './report.js';

function resultOf(
  kind: ImputationKind,
  protocol: Protocol,
  seed: number,
  scores: Readonly<Record<string, Scores>>,
): ImputationCellResult {
  const isModel = kind === 'model';
  return {
    schema: 1,
    cell: {
      ...{ schema: 1, kind, protocol, seed, dataset: protocol === 'null' ? 'nothing' : 'toy' },
      ...{ model: kind === 'controls' ? null : 'net', params: null },
    },
    command: `npm run it --seeds ${seed + 1}`,
    dataset: { name: 'toy', sha256: null, nObs: 1234, nVars: 500 },
    machine: { cpu: 'x', cores: 2, load: 3 },
    backend: isModel ? 'wasm-baseline' : 'none',
    peakRssBytes: 100 * 2 ** 20,
    seconds: isModel
      ? { preprocess: 0.5, fit: 2 + seed, fitCpu: 1, predict: 0.25 }
      : kind === 'peer'
        ? { total: 7 }
        : null,
    scores,
  };
}

const masked = (rmse: number): Scores => ({ rmse, pcc: 0.5, pcc_gene: null, mae: 1, coverage: 1 });
const grouped = (rmse: number, ari: number): Scores => ({ ...masked(rmse), ari, silhouette: 0.2 });
const controls = (seed: number): ImputationCellResult =>
  resultOf('controls', 'mask', seed, {
    observed: grouped(3, 0.5),
    'mean profile': grouped(1.5, 0),
    'nearest cells': grouped(1.25 + seed / 2, 0.75),
  });

const RESULTS = [
  resultOf('model', 'mask', 1, { net: grouped(1.4, 0.875) }),
  resultOf('model', 'mask', 0, { net: grouped(1.2, 0.625) }),
  resultOf('peer', 'mask', 0, { net: masked(1.22) }),
  controls(0),
  controls(1),
  resultOf('model', 'split', 0, { net: { poisson_deviance: 0.7, d2: 0.25, coverage: 0.5 } }),
  resultOf('peer', 'split', 0, { net: { poisson_deviance: 0.75, d2: 0.2, coverage: 1 } }),
  resultOf('controls', 'null', 0, {
    observed: { correlation: 0.05, correlation_q95: 0.1, false_random: 0, false_by_gene: 0 },
  }),
  resultOf('model', 'null', 0, {
    net: { correlation: 0.2, correlation_q95: 0.4, false_random: 0, false_by_gene: 0.125 },
  }),
];

describe('the report', () => {
  const report = renderImputation(RESULTS);
  const rows = (title: string, name: string): string[] => {
    const part = report.slice(report.indexOf(title));
    const line = part.split('\n').find((text) => text.startsWith(`| ${name} `)) ?? '';
    return line.split('|').map((text) => text.trim()).slice(2, -1); // prettier-ignore
  };

  test('masked entries: mean and spread, difference to each control, the peer', () => {
    expect(rows('Masked entries:', '**net**')).toEqual([
      ...['2', '1.300 ± 0.141', '0.500 ± 0.000', '–', '1.000 ± 0.000', '1.000 ± 0.000'],
      // Mean profile: -0.3 and -0.1; nearest cells: -0.05 and -0.35.
      ...['−0.200 ± 0.100', '−0.200 ± 0.150', '–', '–'],
      // Within 3 % of seed 0, not of the mean.
      '1.220, **yes**',
    ]);
    expect(rows('Masked entries:', 'nearest cells').slice(6)).toEqual([
      ...['+0.000 ± 0.250', '–', '–', '–', ''],
    ]);
  });

  test('split molecules: deviance, coverage, and a peer that does not agree', () => {
    expect(rows('Split molecules:', '**net**')).toEqual([
      ...['1', '0.700', '0.250', '0.500', '–', '–', '–', '–', '0.750, ours 0.93×'],
    ]);
  });

  test.each([
    [
      'within their spread',
      [1, 1.5, 2],
      [1.3, 1.1, 1.8],
      '1.400 ± 0.361, ours 1.07×, within error',
    ],
    ['apart', [1.1, 1.2, 1.3], [1, 1.1, 1.2], '1.100 ± 0.100, ours 1.09×'],
    ['of too few seeds', [1, 1.5], [1.3, 1.1], '1.200 ± 0.141, ours 1.04×'],
  ])('model and peer %s', (_, ours, theirs, verdict) => {
    const seeds = (kind: ImputationKind, values: number[]): ImputationCellResult[] =>
      values.map((value, seed) => resultOf(kind, 'mask', seed, { net: masked(value) }));
    const [line = ''] = renderImputation([...seeds('model', ours), ...seeds('peer', theirs)])
      .split('\n')
      .filter((text) => text.startsWith('| **net**'));
    expect(line.split('|').at(-2)?.trim()).toBe(verdict);
  });

  test('known groups before and after', () => {
    expect(rows('Known groups', '**net**')).toEqual([
      ...['0.750 ± 0.177', '+0.250 ± 0.125', '0.200 ± 0.000', '+0.000 ± 0.000'],
    ]);
    expect(rows('Known groups', 'observed')[1]).toBe('–');
  });

  test('costs, also of the peer, and the command', () => {
    expect(rows('Cost ', 'net')).toEqual([
      ...['mask', '0.5', '2.5', '1.0', '0.3', '7.0', '100', 'wasm-baseline', '1.5'],
    ]);
    expect(report).toContain('1,234 cells, about 500 genes.');
    expect(report).toContain('    npm run it --seeds 2\n');
  });

  test('what was put into the null', () => {
    expect(rows('## Null', '**net**')).toEqual([
      ...['1', '0.200', '0.400', '0.000', '0.125', '4.00×'],
    ]);
    expect(rows('## Null', 'observed').at(-1)).toBe('1.00×');
    expect(report).not.toContain('## nothing');
  });
});

test('a series: one result a seed, the last one given', () => {
  const again = resultOf('model', 'mask', 1, { net: masked(9) });
  const series = methodSeries([...RESULTS, again]).find(
    ({ kind, protocol }) => kind === 'model' && protocol === 'mask',
  );
  expect(series?.results.map(({ cell }) => cell.seed)).toEqual([0, 1]);
  expect(series?.results[1]).toBe(again);
});
