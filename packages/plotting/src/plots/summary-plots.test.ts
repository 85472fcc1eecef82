import { categoricalColumn, DataError, ParamError, stringColumn } from '@dance-ts/core';
import { describe, expect, test } from '@jest/globals';
import type { Plot } from '../plot.js';
import { drawSvg } from '../render/draw-svg.js';
import { jsonOf, layersOf, rowsOf } from '../testing/spec-parts.js';
import { benchmarkPlot } from './benchmark-plot.js';
import { confusionPlot } from './confusion-plot.js';
import { historyPlot } from './history-plot.js';
import { silhouettePlot } from './silhouette-plot.js';

/** SVG of a plot; fails on any warning of Vega. */
async function svgOf(plot: Plot): Promise<string> {
  const warnings: string[] = [];
  const svg = await drawSvg(plot.spec, { onWarning: (message) => warnings.push(message) });
  expect(warnings).toEqual([]);
  return svg;
}

describe('confusionPlot', () => {
  const truth = ['A', 'A', 'A', 'A', 'B', 'B'];

  test('rows add up to 1; predictions among the labels keep their order', async () => {
    const plot = confusionPlot(truth, ['A', 'A', 'A', 'B', 'B', 'B']);
    expect(rowsOf(jsonOf(plot))).toEqual([
      { truth: 'A', predicted: 'A', count: 3, share: 0.75, label: '3' },
      { truth: 'A', predicted: 'B', count: 1, share: 0.25, label: '1' },
      { truth: 'B', predicted: 'A', count: 0, share: 0, label: '0' },
      { truth: 'B', predicted: 'B', count: 2, share: 1, label: '2' },
    ]);
    const svg = await svgOf(plot);
    for (const text of ['true label', 'predicted label', 'part of row', '75%']) {
      expect(svg).toContain(`>${text}</text>`);
    }
    // Empty cells hold no number.
    expect(svg.match(/>0<\/text>/g)).toBeNull();
  });

  test('a label that is never predicted still has a column', () => {
    const plot = confusionPlot(truth, ['A', 'A', 'A', 'A', 'A', 'A']);
    expect(jsonOf(plot)['encoding']?.['x']?.['sort']).toEqual(['A', 'B']);
  });

  test('clusters are ordered by the label they overlap with most', () => {
    const plot = confusionPlot(truth, [7, 7, 7, 3, 3, 3]);
    expect(jsonOf(plot)['encoding']?.['x']?.['sort']).toEqual(['7', '3']);
  });

  test('missing labels and predictions have a row and a column', () => {
    const predicted = categoricalColumn(Int32Array.of(0, -1), ['A']);
    const plot = confusionPlot(stringColumn(['A', null]), predicted);
    expect(
      rowsOf(jsonOf(plot)).map((row) => [row['truth'], row['predicted'], row['count']]),
    ).toEqual([
      ['A', 'A', 1],
      ['A', 'missing', 0],
      ['missing', 'A', 0],
      ['missing', 'missing', 1],
    ]);
  });

  test('refuses labels that do not belong together, or none', () => {
    expect(() => confusionPlot(truth, ['A'])).toThrow(/got 6 labels and 1 predictions/);
    expect(() => confusionPlot([], [])).toThrow(DataError);
  });
});

describe('historyPlot', () => {
  const loss = [3, 2, 1.5];

  test('terms of like size share one panel, with epochs from 1', async () => {
    const plot = historyPlot({ loss, val_loss: [4, 3, NaN] }, { title: 'Training' });
    expect(rowsOf(jsonOf(plot))).toEqual([
      ...loss.map((value, i) => ({ term: 'loss', epoch: i + 1, value })),
      { term: 'val_loss', epoch: 1, value: 4 },
      { term: 'val_loss', epoch: 2, value: 3 },
    ]);
    const svg = await svgOf(plot);
    for (const text of ['epoch', 'loss', 'val_loss', 'Training']) {
      expect(svg).toContain(`>${text}</text>`);
    }
  });

  test('terms of very different size get panels of their own', async () => {
    const plot = historyPlot({ loss, kl: [0.01, 0.02, 0.01] });
    expect(jsonOf(plot)['facet']?.['row']?.['sort']).toEqual(['loss', 'kl']);
    expect(await svgOf(plot)).toContain('>kl</text>');
    expect(jsonOf(historyPlot({ loss, kl: [0.01] }, { panels: false }))['facet']).toBeUndefined();
    expect(jsonOf(historyPlot({ loss, kl: [0.01] }, { scale: 'log' }))['facet']).toBeUndefined();
  });

  test('refuses nothing, an unknown term, and a logarithm of 0', () => {
    expect(() => historyPlot({})).toThrow(/holds nothing to draw/);
    expect(() => historyPlot({ loss: [NaN] })).toThrow(DataError);
    expect(() => historyPlot({ loss }, { terms: ['los'] })).toThrow(/Did you mean "loss"/);
    expect(() => historyPlot({ loss: [1, 0] }, { scale: 'log' })).toThrow(/log scale cannot show/);
    expect(() => historyPlot({ loss }, { scale: 'ln' as 'log' })).toThrow(ParamError);
  });
});

describe('silhouettePlot', () => {
  const values = [0.2, 0.6, -0.4, 0.9, 0.5];
  const labels = ['A', 'A', 'B', 'B', 'B'];

  test('sorts the cells of each cluster and names cluster, size and mean', async () => {
    const plot = silhouettePlot(values, labels);
    const outline = rowsOf(layersOf(plot)[0]);
    expect(outline.filter((row) => row['name'] === 'A').map((row) => row['v'])).toEqual([
      0.6, 0.6, 0.2, 0.2,
    ]);
    expect(outline.filter((row) => row['name'] === 'B').map((row) => row['v'])).toEqual([
      0.9, 0.9, 0.5, 0.5, -0.4, -0.4,
    ]);
    const svg = await svgOf(plot);
    for (const text of ['A (2): 0.40', 'B (3): 0.33', 'mean silhouette 0.360', 'silhouette']) {
      expect(svg).toContain(`>${text}</text>`);
    }
    expect(svg).toContain('fill="#e69f00"');
  });

  test('an outline has a bounded number of corners and keeps its ends', () => {
    const many = Array.from({ length: 10_000 }, (_, i) => i / 10_000);
    const outline = rowsOf(
      layersOf(
        silhouettePlot(
          many,
          many.map(() => 'all'),
        ),
      )[0],
    );
    expect(outline).toHaveLength(600);
    expect(outline.at(-1)?.['y']).toBe(10_000);
    expect(Number(outline[0]?.['v'])).toBeCloseTo(1, 2);
    expect(Number(outline.at(-1)?.['v'])).toBeCloseTo(0, 2);
  });

  test('leaves out cells without a cluster, and takes colors', () => {
    const plot = silhouettePlot([0.1, 0.2], ['A', null], { colors: ['#123456'] });
    expect(rowsOf(layersOf(plot)[1]).map((row) => row['label'])).toEqual(['A (1): 0.10']);
    const color = layersOf(plot)[0]!['encoding']?.['color'];
    expect(color?.['scale']?.['range']).toEqual(['#123456']);
  });

  test('refuses what does not belong together', () => {
    expect(() => silhouettePlot([0.1], labels)).toThrow(/1 silhouettes and 5 labels/);
    expect(() => silhouettePlot([1.5], ['A'])).toThrow(/of cell 0 is none: got 1.5/);
    expect(() => silhouettePlot([NaN], ['A'])).toThrow(DataError);
    expect(() => silhouettePlot([0.1], [null])).toThrow(/nothing to draw/);
    expect(() => silhouettePlot(values, labels, { colors: ['red'] })).toThrow(/too few colors/);
  });
});

describe('benchmarkPlot', () => {
  const results = [
    { model: 'guess', dataset: 'x', mean: 0.95, isControl: true },
    { model: 'slow', dataset: 'x', mean: 0.6, low: 0.5, high: 0.7 },
    { model: 'good', dataset: 'x', mean: 0.8, low: 0.75, high: 0.85 },
    { model: 'good', dataset: 'y', mean: 0.9 },
  ];

  test('best model on top, controls at the bottom, intervals where there are any', async () => {
    const plot = benchmarkPlot(results, { metric: 'accuracy', title: 'Annotation' });
    const y = jsonOf(plot)['spec']?.['encoding']?.['y'];
    expect(y?.['sort']).toEqual(['good', 'slow', 'guess']);
    const x = jsonOf(plot)['spec']?.['encoding']?.['x'];
    expect(x?.['scale']?.['domain']).toEqual([0, 1]);
    const svg = await svgOf(plot);
    for (const text of ['x', 'y', 'good', 'guess', 'accuracy', 'Annotation', 'control']) {
      expect(svg).toContain(`>${text}</text>`);
    }
    expect(svg.match(/aria-roledescription="rule mark container"/g)).not.toBeNull();
    expect(svg.match(/<line [^>]*stroke="#0072b2"/g)).toHaveLength(2);
  });

  test('errors are sorted from low to high, over the range that they span', () => {
    const rmse = results.map((result) => ({ ...result, low: 0, high: 10 * result.mean }));
    const plot = benchmarkPlot(rmse, { metric: 'RMSE', lowerIsBetter: true });
    expect(jsonOf(plot)['spec']?.['encoding']?.['y']?.['sort']).toEqual(['slow', 'good', 'guess']);
    const x = jsonOf(plot)['spec']?.['encoding']?.['x'];
    expect(x?.['scale']?.['domain']).toEqual([0, 9.5]);
  });

  test('refuses nothing, a pair given twice, and numbers that are none', () => {
    expect(() => benchmarkPlot([])).toThrow(/nothing to draw/);
    expect(() => benchmarkPlot([...results, results[0]!])).toThrow(/twice: got guess on x/);
    const bad = { model: 'm', dataset: 'd', mean: NaN };
    expect(() => benchmarkPlot([bad])).toThrow(/score of m on d cannot be drawn/);
    expect(() => benchmarkPlot([{ ...bad, mean: 1, low: 2, high: 1 }])).toThrow(DataError);
  });
});
