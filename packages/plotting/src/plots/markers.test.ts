import { DataError, ParamError } from '@dance-ts/core';
import { describe, expect, test } from '@jest/globals';
import { decode } from 'fast-png';
import { drawSvg } from '../render/draw-svg.js';
import { jsonOf, layersOf, rowsOf, textOf, type Part } from '../testing/spec-parts.js';
import { toyData } from '../testing/toy-data.js';
import { cellColumns } from './cell-columns.js';
import { dotPlot } from './dot-plot.js';
import { heatMap } from './heat-map.js';

/** SVG of a plot; fails on any warning of Vega. */
async function svgOf(plot: Awaited<ReturnType<typeof dotPlot>>): Promise<string> {
  const warnings: string[] = [];
  const svg = await drawSvg(plot.spec, { onWarning: (message) => warnings.push(message) });
  expect(warnings).toEqual([]);
  return svg;
}

describe('dotPlot', () => {
  const options = { genes: ['g0', 'g2', 'g3'], groupby: 'group' };

  test('a dot is a mean and a fraction, as counted from the toy groups', async () => {
    const plot = await dotPlot(toyData(), options);
    const rows = rowsOf(layersOf(plot)[0]);
    expect(rows).toHaveLength(9);
    // g0 is 4 in all of A and 0 elsewhere; g2 is 1 everywhere; g3 nowhere.
    expect(rows.slice(0, 3)).toEqual([
      { place: 0, group: 'A (18)', mean: 4, fraction: 1 },
      { place: 0, group: 'B (18)', mean: 0, fraction: 0 },
      { place: 0, group: 'C (18)', mean: 0, fraction: 0 },
    ]);
    expect(rows.slice(3).map((row) => row['mean'])).toEqual([1, 1, 1, 0, 0, 0]);
    const encoding = layersOf(plot)[0]!['encoding']!;
    expect(encoding['size']?.['scale']?.['domain']).toEqual([0, 1]);
    expect([plot.width, plot.height]).toEqual([72, 72]);
  });

  test('the threshold says which cells express', async () => {
    const plot = await dotPlot(toyData(), { ...options, threshold: 1 });
    const fractions = rowsOf(layersOf(plot)[0]).map((row) => row['fraction']);
    expect(fractions).toEqual([1, 0, 0, 0, 0, 0, 0, 0, 0]);
  });

  test('scaled: each gene from 0 to 1, a constant one at 0', async () => {
    const genes = ['g0', 'g1', 'g2'];
    const plot = await dotPlot(toyData(), { ...options, genes, scaled: true });
    const means = rowsOf(layersOf(plot)[0]).map((row) => row['mean']);
    expect(means).toEqual([1, 0, 0, 0, 1, 0, 0, 0, 0]);
    expect(layersOf(plot)[0]!['encoding']?.['color']?.['scale']?.['domain']).toEqual([0, 1]);
  });

  test('headings stand over lines that span their genes; a gene may come twice', async () => {
    const genes = { 'marks A': ['g0', 'g2'], 'marks B': ['g1', 'g2'] };
    const plot = await dotPlot(toyData(), { ...options, genes });
    const svg = await svgOf(plot);
    for (const text of ['marks A', 'marks B', 'g0', 'g1', 'A (18)', 'cells expressing']) {
      expect(svg).toContain(`>${text}</text>`);
    }
    expect(svg.match(/>g2<\/text>/g)).toHaveLength(2);
    expect(rowsOf(layersOf(plot)[1]).map(({ start, end }) => [start, end])).toEqual([
      [4, 44],
      [52, 92],
    ]);
  });

  test.each([
    [{ genes: ['g00'] }, DataError, /no gene "g00".*Did you mean "g0"/],
    [{ genes: [] }, ParamError, /no genes are given/],
    [{ genes: ['g0', 'g0'] }, DataError, /given twice: got "g0"/],
    [{ groupby: 'grp' }, DataError, /no column of obs "grp"/],
    [{ layer: 'x' }, DataError, /no layer "x"/],
    [{ signal: AbortSignal.abort() }, Error, /stopped by the caller/],
  ])('refuses %o', async (change, kind, message) => {
    const error: unknown = await dotPlot(toyData(), { ...options, ...change }).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(kind);
    expect(String(error)).toMatch(message);
  });

  test('refuses expression that is not finite, naming gene and cell', async () => {
    const data = toyData();
    data.X.data[0] = NaN;
    await expect(dotPlot(data, options)).rejects.toThrow(/"g0" is not finite in cell "cell0"/);
  });
});

describe('heatMap of groups', () => {
  const options = { genes: ['g0', 'g1'], groupby: 'group' };

  test('holds the mean of each gene in each group', async () => {
    const plot = await heatMap(toyData(), options);
    const values = rowsOf(jsonOf(plot)).map((row) => row['value']);
    expect(values).toEqual([4, 0, 0, 0, 2, 0]);
    const scale = jsonOf(plot)['encoding']?.['color']?.['scale'];
    expect(scale).toMatchObject({ scheme: 'viridis', domain: [0, 4] });
    const svg = await svgOf(plot);
    for (const text of ['g0', 'g1', 'A (18)', 'C (18)', 'expression']) {
      expect(svg).toContain(`>${text}</text>`);
    }
  });

  test('z scores: (4, 0, 0) becomes (2, -1, -1) / sqrt 2, around 0 in color', async () => {
    const plot = await heatMap(toyData(), { ...options, zScore: true });
    const values = rowsOf(jsonOf(plot)).map((row) => Number(row['value']));
    [2, -1, -1, -1, 2, -1].forEach((value, i) => {
      expect(values[i]).toBeCloseTo(value / Math.SQRT2, 3);
    });
    const domain = jsonOf(plot)['encoding']?.['color']?.['scale']?.['domain'];
    const [low, high] = domain as unknown as [number, number];
    expect(low).toBe(-high);
    expect(high).toBeCloseTo(Math.SQRT2, 6);
  });

  test('refuses an unknown choice, and data without a group', async () => {
    const wrong = { ...options, by: 'gene' as 'cell' };
    await expect(heatMap(toyData(), wrong)).rejects.toThrow(/got gene, expected group or cell/);
    const none = toyData().subset({ obs: [9, 19] });
    await expect(heatMap(none, options)).rejects.toThrow(/no cell with a value in "group"/);
  });
});

describe('heatMap of cells', () => {
  const options = { genes: ['g0', 'g1'], groupby: 'group', by: 'cell' as const, width: 54 };

  function imageOf(layer: Part): ReturnType<typeof decode> {
    const url = textOf(layer['mark']?.['url']);
    return decode(Buffer.from(url.slice(url.indexOf(',') + 1), 'base64'));
  }

  test('a cell is a column of the image, in the colors of its values', async () => {
    const plot = await heatMap(toyData(), options);
    const { width, height, data } = imageOf(layersOf(plot)[0]!);
    // 54 cells with a group on 54 pixels, two for one; two genes of 18 pixels.
    expect([width, height]).toEqual([108, 72]);
    const at = (x: number, y: number): number[] => [...data.slice((y * 108 + x) * 4).slice(0, 3)];
    expect(at(0, 0)).toEqual([253, 231, 37]);
    expect(at(35, 35)).toEqual([253, 231, 37]);
    expect(at(36, 0)).toEqual([68, 1, 84]);
    expect(at(35, 36)).toEqual([68, 1, 84]);
    // B has 2 of 4 in the second gene: the middle of viridis.
    expect(at(36, 36)).toEqual([33, 145, 141]);
    expect(at(107, 71)).toEqual([68, 1, 84]);
  });

  test('a strip above shows the groups in their stored colors', async () => {
    const data = toyData();
    data.uns.set('group_colors', ['#111111', '#222222', '#333333']);
    const plot = await heatMap(data, options);
    const strip = rowsOf(layersOf(plot)[2]);
    expect(strip.map(({ start, end, color }) => [start, end, color])).toEqual([
      [0, 18, '#111111'],
      [18, 36, '#222222'],
      [36, 54, '#333333'],
    ]);
    const svg = await svgOf(plot);
    expect(svg).toContain('>B (18)</text>');
    expect(svg).toContain('fill="#222222"');
  });

  test('cells share columns where there are more of them, within their groups', () => {
    const codes = Int32Array.from({ length: 1000 }, (_, i) => (i < 990 ? 1 : i < 998 ? 0 : -1));
    const columns = cellColumns({ codes, categories: ['small', 'large'] }, 100);
    expect(columns.cells).toHaveLength(998);
    expect(columns.groups).toEqual([
      { code: 0, start: 0, end: 2 },
      { code: 1, start: 2, end: 101 },
    ]);
    expect([...columns.columnOf.slice(0, 8)]).toEqual([0, 0, 0, 0, 1, 1, 1, 1]);
    expect(new Set(columns.columnOf).size).toBe(101);
  });
});
