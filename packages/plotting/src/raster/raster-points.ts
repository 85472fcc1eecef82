import { Pacer } from '@dance-ts/core';
import type { Rgb } from '../palette/color.js';

/** Points to draw, in pixels of the image. */
export interface RasterPoints {
  readonly x: Float64Array;
  readonly y: Float64Array;
  /** In which order; later points cover earlier ones. */
  readonly order: Int32Array;
  readonly colorOf: (point: number) => Rgb;
  /** In pixels of the image; may be a fraction. */
  readonly radius: number;
  /** 0 to 1. */
  readonly opacity: number;
}

/** RGBA pixels, 4 bytes each, row by row from the top. */
export interface Raster {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray;
}

/** Points between two looks at the clock. */
const BLOCK = 4096;

/**
 * Draws discs with soft edges on a transparent ground.
 *
 * @throws AbortError
 */
export async function rasterPoints(
  points: RasterPoints,
  width: number,
  height: number,
  signal?: AbortSignal,
): Promise<Raster> {
  const raster = { width, height, data: new Uint8ClampedArray(width * height * 4) };
  const pacer = new Pacer(signal);
  for (let k = 0; k < points.order.length; k++) {
    if (k % BLOCK === 0) await pacer.tick();
    const point = points.order[k]!;
    drawDisc(raster, points.x[point]!, points.y[point]!, points.colorOf(point), points);
  }
  return raster;
}

function drawDisc(
  { width, height, data }: Raster,
  x: number,
  y: number,
  [red, green, blue]: Rgb,
  { radius, opacity }: RasterPoints,
): void {
  const left = Math.max(0, Math.floor(x - radius - 0.5));
  const right = Math.min(width - 1, Math.ceil(x + radius + 0.5));
  const top = Math.max(0, Math.floor(y - radius - 0.5));
  const bottom = Math.min(height - 1, Math.ceil(y + radius + 0.5));
  // A disc smaller than a pixel fades instead of vanishing between pixel centers.
  const reach = Math.max(radius, 0.5);
  const weight = opacity * Math.min(1, (radius / reach) ** 2);
  for (let row = top; row <= bottom; row++) {
    for (let col = left; col <= right; col++) {
      const distance = Math.hypot(col + 0.5 - x, row + 0.5 - y);
      const alpha = weight * Math.min(1, Math.max(0, reach + 0.5 - distance));
      if (alpha > 0) blend(data, (row * width + col) * 4, red, green, blue, alpha);
    }
  }
}

/** Source over destination, with straight (not premultiplied) alpha. */
function blend(
  data: Uint8ClampedArray,
  at: number,
  red: number,
  green: number,
  blue: number,
  alpha: number,
): void {
  const below = (data[at + 3]! / 255) * (1 - alpha);
  const total = alpha + below;
  data[at] = (red * alpha + data[at]! * below) / total;
  data[at + 1] = (green * alpha + data[at + 1]! * below) / total;
  data[at + 2] = (blue * alpha + data[at + 2]! * below) / total;
  data[at + 3] = total * 255;
}
