import { describe, expect, test } from '@jest/globals';
import { decode } from 'fast-png';
import { pngDataUri } from './png-data-uri.js';
import { rasterPoints, type Raster } from './raster-points.js';

const RED = [255, 0, 0] as const;
const BLUE = [0, 0, 255] as const;

function pixel({ width, data }: Raster, x: number, y: number): number[] {
  return [...data.slice((y * width + x) * 4, (y * width + x) * 4 + 4)];
}

function drawn(order: number[], opacity = 1, radius = 3): Promise<Raster> {
  const points = {
    x: Float64Array.of(10, 12, 30),
    y: Float64Array.of(10, 10, 15),
    order: Int32Array.from(order),
    colorOf: (point: number) => (point === 0 ? RED : BLUE),
    radius,
    opacity,
  };
  return rasterPoints(points, 40, 20);
}

describe('rasterPoints', () => {
  test('fills discs with their color and leaves the ground transparent', async () => {
    const raster = await drawn([0]);
    expect(pixel(raster, 9, 9)).toEqual([255, 0, 0, 255]);
    expect(pixel(raster, 10, 8)).toEqual([255, 0, 0, 255]);
    expect(pixel(raster, 10, 5)).toEqual([0, 0, 0, 0]);
    expect(pixel(raster, 30, 15)).toEqual([0, 0, 0, 0]);
  });

  test('covers about the area of the disc', async () => {
    const { data } = await drawn([0], 1, 4);
    const area = data.reduce((sum, value, i) => sum + (i % 4 === 3 ? value / 255 : 0), 0);
    expect(area / (Math.PI * 16)).toBeCloseTo(1, 1);
  });

  test('draws later points over earlier ones', async () => {
    expect(pixel(await drawn([0, 1]), 11, 10)).toEqual([0, 0, 255, 255]);
    expect(pixel(await drawn([1, 0]), 11, 10)).toEqual([255, 0, 0, 255]);
  });

  test('lets points below shine through where opacity is less than 1', async () => {
    const [red = 0, green, blue = 0, alpha = 0] = pixel(await drawn([0, 1], 0.5), 11, 10);
    // Half blue over half red: 0.75 opaque, of which blue has 0.5 and red 0.25.
    expect(alpha).toBeCloseTo(0.75 * 255, -1);
    expect(red / 255).toBeCloseTo(1 / 3, 1);
    expect(blue / 255).toBeCloseTo(2 / 3, 1);
    expect(green).toBe(0);
  });

  test('a point smaller than a pixel is faint, not lost; one beyond the edge is cut', async () => {
    const tiny = await drawn([0], 1, 0.2);
    expect(Math.max(...tiny.data.filter((_, i) => i % 4 === 3))).toBeGreaterThan(5);
    const beyond = rasterPoints(
      {
        x: Float64Array.of(-1),
        y: Float64Array.of(50),
        order: Int32Array.of(0),
        colorOf: () => RED,
        radius: 2,
        opacity: 1,
      },
      10,
      10,
    );
    expect((await beyond).data.every((value) => value === 0)).toBe(true);
  });

  test('stops on request', async () => {
    const points = { x: Float64Array.of(1), y: Float64Array.of(1), order: Int32Array.of(0) };
    const more = { colorOf: () => RED, radius: 1, opacity: 1 };
    await expect(rasterPoints({ ...points, ...more }, 5, 5, AbortSignal.abort())).rejects.toThrow(
      /stopped by the caller/,
    );
  });
});

test('a data URI holds the raster as PNG', async () => {
  const raster = await drawn([0, 1, 2]);
  const uri = pngDataUri(raster);
  expect(uri).toMatch(/^data:image\/png;base64,[A-Za-z0-9+/]+=*$/);
  const image = decode(Buffer.from(uri.slice(uri.indexOf(',') + 1), 'base64'));
  expect([image.width, image.height, image.channels]).toEqual([40, 20, 4]);
  expect(Array.from(image.data)).toEqual(Array.from(raster.data));
});
