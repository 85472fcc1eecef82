import { DataError, ParamError } from '@dance-ts/core';
import { describe, expect, test } from '@jest/globals';
import type { TopLevelSpec } from 'vega-lite';
import { makePlot } from '../make-plot.js';
import type { Plot } from '../plot.js';
import { pixelsOf } from '../testing/png-pixels.js';
import { drawSvg } from './draw-svg.js';
import { installedResources } from './png-resources.node.js';
import { renderPng as renderInBrowser } from './render-png.browser.js';
import { renderPng } from './render-png.node.js';
import { renderSvg } from './render-svg.js';

const SIZE = { width: 80, height: 60, title: 'Three bars' };

function bars(): Plot {
  return makePlot(
    {
      ...SIZE,
      data: { values: [1, 2, 3].map((v) => ({ name: `bar number ${v}`, v })) },
      mark: { type: 'bar', color: '#0072b2' },
      encoding: {
        y: { field: 'name', type: 'nominal', title: null },
        x: { field: 'v', type: 'quantitative', title: 'value' },
      },
    },
    SIZE,
  );
}

/** Width of the picture in an SVG text. */
function widthOf(svg: string): number {
  return Number(/^<svg[^>]* width="([\d.]+)"/.exec(svg)?.[1]);
}

describe('renderSvg', () => {
  test('gives marks, labels and titles as text', async () => {
    const svg = await renderSvg(bars());
    expect(svg).toMatch(/^<svg .*<\/svg>$/s);
    expect(svg).toContain('>bar number 2</text>');
    expect(svg).toContain('>Three bars</text>');
    expect(svg.match(/fill="#0072b2"/g)).toHaveLength(3);
  });

  test('leaves as much room for labels as they need in Open Sans', async () => {
    const long = makePlot(
      {
        ...SIZE,
        data: { values: [{ name: 'mmmmmmmmmmmmmmmmmmmm', v: 1 }] },
        mark: 'bar',
        encoding: { y: { field: 'name', type: 'nominal', title: null } },
      },
      { ...SIZE, title: '' },
    );
    // 20 times "m" (1896 / 2048 em) of 11 pixels, the plot, and the padding of 12 on either side.
    const expected = (20 * 11 * 1896) / 2048 + 80 + 24;
    expect(widthOf(await renderSvg(long))).toBeGreaterThan(expected);
    expect(widthOf(await renderSvg(long))).toBeLessThan(expected + 15);
  });

  test('gives the same text again, also when drawings overlap in time', async () => {
    const alone = await renderSvg(bars());
    const together = await Promise.all([renderSvg(bars()), renderSvg(bars()), renderSvg(bars())]);
    expect(together).toEqual([alone, alone, alone]);
  });

  test('accepts a plot that is still being made', async () => {
    expect(await renderSvg(Promise.resolve(bars()))).toBe(await renderSvg(bars()));
  });

  test('an invalid specification is a DataError, and the next one is drawn', async () => {
    const broken: Plot = {
      ...bars(),
      spec: { mark: 'bar', transform: [{ filter: 'datum.(' }] } as unknown as TopLevelSpec,
    };
    await expect(renderSvg(broken)).rejects.toThrow(DataError);
    await expect(renderSvg(broken)).rejects.toThrow(/cannot be drawn: got /);
    expect(await renderSvg(bars())).toContain('bar number 1');
  });

  test('data and images from elsewhere are not loaded', async () => {
    const url = 'https://example.org/a';
    const data = { data: { url }, mark: 'bar' } as TopLevelSpec;
    const image = { data: { values: [{}] }, mark: { type: 'image', url } } as TopLevelSpec;
    for (const spec of [data, image]) {
      await expect(renderSvg({ spec, width: 1, height: 1 })).rejects.toThrow(/such as https:/);
    }
  });

  test('stops on request', async () => {
    await expect(renderSvg(bars(), { signal: AbortSignal.abort() })).rejects.toThrow(
      /stopped by the caller/,
    );
  });

  test('hands on what Vega warns about', async () => {
    const warnings: string[] = [];
    const spec = { data: { values: [{}] }, mark: 'bar', encoding: { x: { filed: 'v' } } };
    await drawSvg(spec as unknown as TopLevelSpec, {
      onWarning: (message) => warnings.push(message),
    });
    expect(warnings.join()).toContain('Dropping');
  });
});

describe('renderPng', () => {
  test('draws twice the size on white by default', async () => {
    const svg = await renderSvg(bars());
    const pixels = pixelsOf(await renderPng(bars()));
    expect(pixels.width).toBe(2 * widthOf(svg));
    expect(pixels.at(0, 0)).toBe('#ffffff');
    expect(pixels.count('#0072b2')).toBeGreaterThan(1000);
    // Text is drawn: the dark ink of titles and labels.
    expect(pixels.count('#222222')).toBeGreaterThan(50);
  });

  test('scales, and gives the same bytes again', async () => {
    const [one, three, again] = await Promise.all([
      renderPng(bars(), { scale: 1 }),
      renderPng(bars(), { scale: 3 }),
      renderPng(bars(), { scale: 3 }),
    ]);
    expect(pixelsOf(three).width).toBe(3 * pixelsOf(one).width);
    expect(three).toEqual(again);
  });

  test('refuses a scale that is no size, and a picture too large to hold', async () => {
    await expect(renderPng(bars(), { scale: 0 })).rejects.toThrow(ParamError);
    await expect(renderPng(bars(), { scale: NaN })).rejects.toThrow(/got NaN/);
    await expect(renderPng(bars(), { scale: 1e4 })).rejects.toThrow(/too large.*smaller scale/);
  });

  test('in a browser gives the same bytes with the resources that the page passes', async () => {
    const resources = await installedResources();
    expect(await renderInBrowser(bars(), { resources })).toEqual(await renderPng(bars()));
    const none = {} as { resources: typeof resources };
    await expect(renderInBrowser(bars(), none)).rejects.toThrow(/resources of renderPng are/);
  });
});

test('a side of a plot that is no length is refused', () => {
  expect(() => makePlot({}, { ...SIZE, width: 0 })).toThrow(ParamError);
  expect(() => makePlot({}, { ...SIZE, height: Infinity })).toThrow(/height of a plot: got Inf/);
});
