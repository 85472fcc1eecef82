import { AnnData, CsrMatrix, DataError, DenseMatrix, ParamError, Table } from '@dance-ts/core';
import { describe, expect, test } from '@jest/globals';
import { drawSvg } from '../render/draw-svg.js';
import { renderPng } from '../render/render-png.node.js';
import { pixelsOf } from '../testing/png-pixels.js';
import { jsonOf, layersOf, rowsOf, textOf, type Part } from '../testing/spec-parts.js';
import { toyData } from '../testing/toy-data.js';
import { embeddingPlot } from './embedding-plot.js';
import { spatialPlot } from './spatial-plot.js';

/** SVG of a plot; fails on any warning of Vega. */
async function svgOf(plot: Awaited<ReturnType<typeof embeddingPlot>>): Promise<string> {
  const warnings: string[] = [];
  const svg = await drawSvg(plot.spec, { onWarning: (message) => warnings.push(message) });
  expect(warnings).toEqual([]);
  return svg;
}

function colorOf(layer: Part | undefined): Part | undefined {
  return layer?.['encoding']?.['color'];
}

describe('embeddingPlot of groups', () => {
  test('holds a row a cell, the default colors, and missing cells in gray', async () => {
    const plot = await embeddingPlot(toyData(), { color: 'group' });
    const [points] = layersOf(plot);
    expect(rowsOf(points)).toHaveLength(60);
    expect(rowsOf(points).filter((row) => row['c'] === 'missing')).toHaveLength(6);
    expect(colorOf(points)?.['scale']).toEqual({
      domain: ['A', 'B', 'C', 'missing'],
      range: ['#e69f00', '#56b4e9', '#009e73', '#bdbdbd'],
    });
    const encoding = jsonOf(plot)['encoding'];
    expect(encoding?.['x']?.['axis']?.['title']).toBe('UMAP1');
    expect([plot.width, plot.height]).toEqual([460, 460]);
  });

  test('the legend counts cells', async () => {
    const svg = await svgOf(await embeddingPlot(toyData(), { color: 'group' }));
    for (const label of ['A (18)', 'B (18)', 'C (18)', 'missing (6)', 'UMAP2', 'group']) {
      expect(svg).toContain(`>${label}</text>`);
    }
  });

  test('draws cells in a seeded random order, those without a group first', async () => {
    const labels = async (seed: number): Promise<unknown[]> => {
      const plot = await embeddingPlot(toyData(), { color: 'group', seed });
      return rowsOf(layersOf(plot)[0]).map((row) => row['c']);
    };
    const order = await labels(0);
    expect(order.slice(0, 6)).toEqual(Array(6).fill('missing'));
    // In the order of the data, groups would follow each other by turns.
    expect(order.slice(6).join('')).not.toMatch(/^(ABC)+/);
    expect(await labels(0)).toEqual(order);
    expect(await labels(1)).not.toEqual(order);
  });

  test('stored colors win, a palette wins over them, and the data stay as they are', async () => {
    const data = toyData();
    const range = async (palette?: string[]): Promise<unknown> => {
      const plot = await embeddingPlot(data, { color: 'group', ...(palette ? { palette } : {}) });
      return colorOf(layersOf(plot)[0])?.['scale']?.['range'];
    };
    await range();
    expect([...data.uns.keys()]).toEqual([]);
    data.uns.set('group_colors', ['#111111', '#222222', '#333333']);
    expect(await range()).toEqual(['#111111', '#222222', '#333333', '#bdbdbd']);
    expect(await range(['red', 'green', 'blue'])).toEqual(['red', 'green', 'blue', '#bdbdbd']);
  });

  test('names stand on the groups, at their medians', async () => {
    const plot = await embeddingPlot(toyData(), { color: 'group', legend: 'on data' });
    const labels = rowsOf(layersOf(plot).at(-1));
    expect(labels.map((row) => row['label'])).toEqual(['A', 'B', 'C']);
    // The toy groups lie on a rising line.
    const across = labels.map((row) => Number(row['px']));
    const down = labels.map((row) => Number(row['py']));
    expect(across).toEqual([...across].sort((a, b) => a - b));
    expect(down).toEqual([...down].sort((a, b) => b - a));
    expect(new Set([...across, ...down]).size).toBe(6);
    expect(colorOf(layersOf(plot)[0])?.['legend']).toBe(false);
    expect(await svgOf(plot)).not.toContain('A (18)');
  });

  test('a numeric column of cluster numbers is drawn as groups on request', async () => {
    const plot = await embeddingPlot(toyData(), { color: 'depth', kind: 'categorical' });
    const domain = colorOf(layersOf(plot)[0])?.['scale']?.['domain'] as unknown as string[];
    expect(domain).toHaveLength(60);
    expect(domain.at(-1)).toBe('missing');
  });
});

describe('embeddingPlot of numbers', () => {
  test('a column gets viridis over its range; missing values lie below, in gray', async () => {
    const plot = await embeddingPlot(toyData(), { color: 'depth' });
    const [missing, points] = layersOf(plot);
    expect(rowsOf(missing)).toHaveLength(1);
    expect(missing?.['mark']?.['fill']).toBe('#bdbdbd');
    expect(colorOf(points)?.['scale']).toMatchObject({ scheme: 'viridis', domain: [0, 59] });
    const values = rowsOf(points).map((row) => Number(row['c']));
    expect(values).toEqual([...values].sort((a, b) => a - b));
    expect(await svgOf(plot)).toContain('>missing (1)</text>');
  });

  test('a gene is read from X, from a layer, or from raw if var lacks it', async () => {
    const base = toyData();
    const layer = base.X.mapData((value) => value * 10);
    const raw = { X: CsrMatrix.fromTriplets(60, 1, [3], [0], [7]), var: new Table(['only_raw']) };
    const data = new AnnData({
      X: base.X,
      obs: base.obs,
      var: base.var,
      obsm: base.obsm,
      layers: [['tenfold', layer]],
      raw: { ...raw, varm: new Map() },
    });
    const domain = async (color: string, more = {}): Promise<unknown> => {
      const plot = await embeddingPlot(data, { color, ...more });
      return colorOf(layersOf(plot)[0])?.['scale']?.['domain'];
    };
    expect(await domain('g0')).toEqual([0, 4]);
    expect(await domain('g0', { layer: 'tenfold' })).toEqual([0, 40]);
    expect(await domain('only_raw')).toEqual([0, 7]);
    expect(await domain('g0', { range: [1, 2] })).toEqual([1, 2]);
    // A constant stands in the middle of the scale.
    expect(await domain('g2')).toEqual([0.5, 1.5]);
  });
});

describe('many points', () => {
  test('above 20,000 they become one image', async () => {
    const small = { color: 'group', width: 100, height: 100 };
    const few = await embeddingPlot(toyData(20_000), small);
    expect(layersOf(few).some((layer) => textOf(layer['mark']?.['type']) === 'image')).toBe(false);
    const many = await embeddingPlot(toyData(20_001), small);
    expect(layersOf(many).map((layer) => layer['mark']?.['type'])).toEqual(['circle', 'image']);
    expect(JSON.stringify(many.spec).length).toBeLessThan(JSON.stringify(few.spec).length / 2);
  });

  test('the image looks like the points, with the same axes and legend', async () => {
    const options = { color: 'group', pointSize: 40, width: 120, height: 120 };
    const vector = await embeddingPlot(toyData(), options);
    const raster = await embeddingPlot(toyData(), { ...options, rasterAbove: 10 });
    const [asVector, asRaster] = [
      pixelsOf(await renderPng(vector)),
      pixelsOf(await renderPng(raster)),
    ];
    expect([asRaster.width, asRaster.height]).toEqual([asVector.width, asVector.height]);
    for (const color of ['#e69f00', '#56b4e9', '#009e73', '#bdbdbd']) {
      expect(asVector.count(color)).toBeGreaterThan(100);
      // Not equal: soft edges are drawn in another way, and count as no color here.
      expect(asRaster.count(color) / asVector.count(color)).toBeGreaterThan(0.75);
      expect(asRaster.count(color) / asVector.count(color)).toBeLessThan(1.33);
    }
    expect(await svgOf(raster)).toContain('>A (18)</text>');
    expect(await svgOf(raster)).toContain('xlink:href="data:image/png;base64,');
  });

  test('numbers get the same colors as Vega draws, and a legend', async () => {
    const options = { color: 'g1', pointSize: 40, width: 200, height: 200 };
    const plot = await embeddingPlot(toyData(), { ...options, rasterAbove: 10 });
    const pixels = pixelsOf(await renderPng(plot, { scale: 2 }));
    // The ends of viridis.
    expect(pixels.count('#440154')).toBeGreaterThan(100);
    expect(pixels.count('#fde725')).toBeGreaterThan(100);
    const missing = await embeddingPlot(toyData(), { ...options, color: 'depth', rasterAbove: 10 });
    expect(await svgOf(missing)).toContain('>missing (1)</text>');
  });

  test('the same plot has the same specification', async () => {
    const options = { color: 'group', rasterAbove: 10, legend: 'both' as const };
    expect(await embeddingPlot(toyData(), options)).toEqual(
      await embeddingPlot(toyData(), options),
    );
  });

  test('stops on request', async () => {
    const signal = AbortSignal.abort();
    await expect(embeddingPlot(toyData(), { color: 'group', signal })).rejects.toThrow(
      /stopped by the caller/,
    );
  });
});

describe('spatialPlot', () => {
  function onGrid(width: number, height: number): AnnData {
    const places = Array.from({ length: width * height }, (_, i) => [
      i % width,
      Math.floor(i / width),
    ]);
    const obs = Table.withGeneratedIndex(places.length, 'spot');
    return new AnnData({
      X: CsrMatrix.fromTriplets(places.length, 1, [0], [0], [1]),
      obs,
      var: new Table(['g']),
      obsm: [['spatial', DenseMatrix.fromRows(places)]],
    });
  }

  test('a unit is equally long in both directions, and y grows downwards', async () => {
    const plot = await spatialPlot(onGrid(21, 11), { color: 'g' });
    const encoding = jsonOf(plot)['encoding'];
    const span = (axis: string): number => {
      const [low = 0, high = 0] = encoding?.[axis]?.['scale']?.['domain'] as unknown as number[];
      return high - low;
    };
    expect(plot.width / span('x')).toBeCloseTo(plot.height / span('y'), 6);
    expect(plot.width).toBe(500);
    expect(encoding?.['y']?.['scale']?.['reverse']).toBe(true);
    expect(encoding?.['x']?.['axis']?.['title']).toBeNull();
  });

  test('fits into the given sides', async () => {
    const wide = await spatialPlot(onGrid(21, 11), { color: 'g', height: 100 });
    expect([wide.width, wide.height]).toEqual([200, 100]);
    const boxed = await spatialPlot(onGrid(21, 11), { color: 'g', width: 100, height: 100 });
    expect([boxed.width, boxed.height]).toEqual([100, 50]);
  });

  test('spots on a line still get a picture', async () => {
    const plot = await spatialPlot(onGrid(9, 1), { color: 'g' });
    expect(plot.height).toBeGreaterThanOrEqual(plot.width / 5);
    const single = await spatialPlot(onGrid(1, 1), { color: 'g' });
    expect(single.width).toBe(single.height);
  });
});

describe('what cannot be drawn', () => {
  const data = toyData();

  test.each([
    [{ color: 'gruop' }, DataError, /no obs column or gene "gruop".*Did you mean "group"/],
    [{ color: 'g9' }, DataError, /Did you mean "g0", "g1", "g2"/],
    [{ color: 'group', basis: 'umpa' }, DataError, /embedding.*"umpa".*"X_umap", "spatial"/],
    [{ color: 'g0', layer: 'counts' }, DataError, /no layer "counts".*none at all/],
    [{ color: 'group', palette: ['red'] }, DataError, /1 colors, expected 3/],
    [{ color: 'group', palette: 'viridis' }, ParamError, /expected a list of colors/],
    [{ color: 'g0', palette: ['red'] }, ParamError, /name of a Vega color scheme/],
    [{ color: 'g0', range: [1, 1] as const }, ParamError, /range of the color scale/],
    [{ color: 'group', kind: 'continuous' as const }, DataError, /cannot be drawn as numbers/],
    [{ color: 'group', components: [0, 2] as const }, ParamError, /integers from 0 to 1/],
    [{ color: 'group', pointSize: 0 }, ParamError, /pointSize of a plot: got 0/],
    [{ color: 'group', opacity: 2 }, ParamError, /opacity/],
    [{ color: 'group', width: -1 }, ParamError, /width of a plot/],
  ])('%j', async (options, kind, message) => {
    const error: unknown = await embeddingPlot(data, options).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(kind);
    expect(String(error)).toMatch(message);
  });

  test('no cells, one coordinate only, or a place that is not finite', async () => {
    const none = data.subset({ obs: [] });
    await expect(embeddingPlot(none, { color: 'group' })).rejects.toThrow(/got 0 cells/);
    const flat = toyData();
    flat.obsm.set('X_umap', DenseMatrix.zeros(60, 1));
    await expect(embeddingPlot(flat, { color: 'group' })).rejects.toThrow(/too few columns/);
    const broken = toyData();
    const places = DenseMatrix.zeros(60, 2);
    places.data[7] = NaN;
    broken.obsm.set('spatial', places);
    await expect(spatialPlot(broken, { color: 'group' })).rejects.toThrow(
      /not finite at cell 3: got NaN/,
    );
    broken.obsm.set('spatial', CsrMatrix.fromDense(DenseMatrix.zeros(60, 2)));
    await expect(spatialPlot(broken, { color: 'group' })).rejects.toThrow(/a sparse matrix/);
  });
});
