import { describe, expect, test } from '@jest/globals';
import type { CellResult } from './cell-result.js';
import { renderReport } from './report.js';
import { pairedDifference, seriesOf } from './series.js';

function resultOf(
  kind: 'trained' | 'untrained' | 'peer' | 'controls',
  seed: number,
  ari: number,
): CellResult {
  const isControl = kind === 'controls';
  const isOurs = kind === 'trained' || kind === 'untrained';
  const params = {
    model: { nClusters: 3, ...(isOurs && { device: 'wasm' }) },
    fit: { epochs: kind === 'untrained' ? 0 : 4 },
    preprocess: { nTopGenes: 2000 },
  };
  return {
    schema: 1,
    cell: {
      ...{ schema: 1, kind, dataset: 'toy', seed, nClasses: 3 },
      ...{ model: isControl ? null : 'net', params: isControl ? null : params },
      nTopGenes: isControl ? 2000 : null,
    },
    command: `npm run it --seeds ${seed + 1}`,
    dataset: { name: 'toy', sha256: null, nObs: 1234, nVars: 5000 },
    machine: { cpu: 'x', cores: 2, load: 3 },
    peakRssBytes: 100 * 2 ** 20,
    fitSeconds: isControl ? null : 2 + seed,
    ...(kind === 'trained' && { labels: seed === 0 ? '0011' : '0101' }),
    run: !isOurs
      ? null
      : ({
          metrics: { ari, nmi: 0.5, acc: 0.75, silhouette: null },
          history: kind === 'trained' ? { pretrainLoss: [3, 2], loss: [4, 3, 2, 1] } : {},
          backend: 'wasm-baseline',
          seconds: { fitCpu: 1 + seed },
        } as never),
    controls: isOurs
      ? {}
      : { [isControl ? 'PCA + Leiden' : 'net']: { ari, nmi: 0.4, acc: 0.6, silhouette: 0.1 } },
  };
}

const RESULTS = [
  resultOf('trained', 1, 0.8),
  resultOf('trained', 0, 0.6),
  resultOf('untrained', 0, 0.5),
  resultOf('untrained', 1, 0.5),
  resultOf('controls', 0, 0.7),
];

test('paired differences: mean and standard error over the seeds both have', () => {
  const a = new Map([
    [0, 0.5],
    [1, 0.7],
    [2, 0.9],
  ]);
  const b = new Map([
    [1, 0.6],
    [0, 0.6],
    [5, 0],
  ]);
  const found = pairedDifference(a, b);
  expect(found?.mean).toBeCloseTo(0, 12);
  // Differences -0.1 and 0.1: sd sqrt(0.02), divided by sqrt 2.
  expect(found?.error).toBeCloseTo(0.1, 12);
  expect(pairedDifference(a, new Map([[0, 0.2]]))).toMatchObject({ error: NaN, n: 1 });
  expect(pairedDifference(a, new Map())).toBeUndefined();
});

test('a series holds the seeds of one setting', () => {
  const other = resultOf('trained', 0, 0.1);
  const moreEpochs = {
    ...other,
    cell: { ...other.cell, params: { model: {}, fit: { epochs: 9 }, preprocess: {} } },
  };
  const series = seriesOf([...RESULTS, moreEpochs]);
  expect(series.map(({ results }) => results.map(({ cell }) => cell.seed))).toEqual(
    expect.arrayContaining([[0, 1], [0, 1], [0]]),
  );
  expect(series).toHaveLength(3);
});

test('a series asks for no order of the parameters', () => {
  const results = [
    { lr: 1, epochs: 2 },
    { epochs: 2, lr: 1 },
  ].map((fit, seed): CellResult => {
    const result = resultOf('trained', seed, 0.1);
    return { ...result, cell: { ...result.cell, params: { model: {}, fit, preprocess: {} } } };
  });
  expect(seriesOf(results)).toHaveLength(1);
});

describe('the report', () => {
  const report = renderReport(RESULTS, [
    { model: 'net', dataset: 'toy', ari: 0.9, marks: ['cut', 'oracle'], source: 'them' },
    { model: 'net', dataset: 'other', ari: 0.1, marks: ['full'], source: 'nobody' },
  ]);
  const row = (name: string, text = report): string[] =>
    (text.split('\n').find((line) => line.startsWith(`| ${name} `)) ?? '')
      .split('|')
      .map((part) => part.trim())
      .slice(2, -1);

  test('a model: scores, epochs run, and what it gains', () => {
    expect(row('**net**')).toEqual([
      ...['given', '2,000', '2 + 4', '2', '0.700 ± 0.141', '0.500 ± 0.000', '0.750 ± 0.000', '–'],
      '−0.500', // ARI of 0011 and 0101
      // Trained - untrained: 0.1 and 0.3; only seed 0 has a control.
      ...['+0.200 ± 0.100', '−0.100', '–', '–', '0.900 cut, oracle (them)'],
    ]);
    expect(row('net, untrained').slice(2, 5)).toEqual(['0', '2', '0.500 ± 0.000']);
  });

  test('a peer: the seeds both have, and whether we are behind', () => {
    const ofPeer = (aris: readonly number[]): string[] => {
      const peers = aris.map((ari, seed) => resultOf('peer', seed, ari));
      return row('**net**', renderReport([...RESULTS, ...peers], [])).slice(11, 13);
    };
    expect(ofPeer([0.62])).toEqual(['0.620', '−0.020, **as good**']);
    expect(ofPeer([0.65])).toEqual(['0.650', '−0.050']);
    // Differences -0.02 and -0.16: their mean is within two standard errors.
    expect(ofPeer([0.62, 0.96])).toEqual(['0.790 ± 0.240', '−0.090 ± 0.070, **as good**']);
    expect(ofPeer([0.65, 0.86])).toEqual(['0.755 ± 0.148', '−0.055 ± 0.005']);
  });

  test('methods without a network', () => {
    expect(row('HVG + PCA + Leiden').slice(0, 5)).toEqual(['found', '2,000', '', '1', '0.700']);
    expect(report).not.toContain('random labels |');
  });

  test('the model that stability chooses, where three seeds tell of it', () => {
    const stable = [0, 1, 2].map((seed) => ({
      ...resultOf('trained', seed, 0.4),
      cell: { ...resultOf('trained', seed, 0.4).cell, model: 'calm' },
      labels: '0011',
    }));
    const third = { ...resultOf('trained', 2, 0.7), labels: '0101' };
    const text = renderReport([...RESULTS, third, ...stable], []);
    expect(row('most stable model', text)).toEqual([
      'calm, given',
      ...row('**calm**', text).slice(1),
    ]);
    expect(row('**calm**', text).slice(3, 9).join(' ')).toContain('0.400 ± 0.000');
    expect(row('most stable model')).toEqual([]);
    expect(row('most stable model', renderReport([...RESULTS, third], []))).toEqual([]);
  });

  test('controls of another profile are left out, unless there are no others', () => {
    const usual = resultOf('controls', 1, 0.5);
    const other = { ...resultOf('controls', 0, 0.9), cell: { ...usual.cell, nTopGenes: null } };
    const methods = (results: CellResult[]): string =>
      row('HVG + PCA + Leiden', renderReport(results, [])).slice(3, 5).join(' ');
    expect(methods([usual, other])).toBe('1 0.500');
    expect(methods([other])).toBe('1 0.900');
  });

  test('a consensus: the one of the most models, of each seed and of all', () => {
    const consensus = (
      seed: number,
      ari: number,
      members: string[],
      more: { nSeeds?: number } = {},
    ): CellResult => {
      const { cell, ...result } = resultOf('controls', seed, ari);
      const scores = { ari, nmi: 0.5, acc: 0.75 };
      return {
        ...{ ...result, labels: '0011', controls: { consensus: scores } },
        cell: { ...cell, kind: 'consensus', members, nTopGenes: null, ...more },
      };
    };
    const others = [consensus(0, 0.9, ['x', 'y']), consensus(1, 0.8, ['x', 'z'])];
    const ofAll = consensus(0, 0.95, ['x', 'y', 'x', 'z'], { nSeeds: 2 });
    const text = renderReport([...RESULTS, consensus(0, 0.1, ['x']), ...others, ofAll], []);
    expect(row('consensus of 2 models', text)).toEqual([
      ...['given', '', '', '2', '0.850 ± 0.071', '0.500 ± 0.000', '0.750 ± 0.000', '–', '1.000'],
      ...['', '+0.200', '', '', ''],
    ]);
    expect(row('consensus of 2 models with 2 seeds each', text).slice(3, 5)).toEqual([
      '1',
      '0.950',
    ]);
  });

  test('a setting that is told of labels has a table of its own', () => {
    const told = (seed: number, ari: number): CellResult => {
      const result = resultOf('trained', seed, ari);
      const cell = { ...result.cell, setting: 'scdcc-pairs' };
      return { ...result, cell };
    };
    const text = renderReport([...RESULTS, told(0, 0.9), told(1, 0.9)], []);
    const cells = row('**net, 2,000 pairs of a tenth of the cells**', text);
    expect(cells.slice(4, 9)).toEqual([
      ...['0.900 ± 0.000', '0.500 ± 0.000', '0.750 ± 0.000', '+0.200 ± 0.100', ''],
    ]);
    expect(row('**net**', text)).toEqual(row('**net**').slice(0, -1).concat(''));
  });

  test('size, costs and command', () => {
    expect(report).toContain('1,234 cells x 5,000 genes, 3 classes.');
    expect(row('net')).toEqual(['2.5', '1.5', '100', 'wasm-baseline', '1.5']);
    expect(report).toContain('    npm run it --seeds 2\n');
  });
});
