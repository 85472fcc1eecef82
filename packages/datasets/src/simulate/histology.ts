import type { NdArray, Pacer, Rng } from '@dance-ts/core';
import { randomFields } from './random-field.js';
import { ROW_STEP, type Tissue } from './spatial-tissue.js';

// Looked up once: in a sandbox such as a test runner's, each look-up of a global is slow.
const { ceil, exp, floor, max, min, round } = Math;

/** Amount of hematoxylin in each layer. */
const LAYER_STAIN = [0.75, 0.6, 0.66, 0.55, 0.63, 0.58, 0.35];
/** Optical densities of hematoxylin and eosin in red, green and blue (Ruifrok & Johnston, 2001). */
const HEMATOXYLIN = [0.65, 0.7, 0.29];
const EOSIN = [0.07, 0.99, 0.11];
/** Radius of a nucleus in pixels, and the share of light it lets through. */
const NUCLEUS_RADIUS = 1.5;
const NUCLEUS_LIGHT = 0.45;
/** Spots' width within which nuclei lie, in distances of spots. */
const SPOT_RADIUS = 0.45;

/**
 * An image of a simulated section in hematoxylin and eosin: each layer takes up its own amount of
 * hematoxylin, blurred over half the distance of spots, varied smoothly and by noise; each spot has a
 * nucleus for each of its cells.
 *
 * @param nCells - cells of each spot
 * @param pitch - distance of spots in pixels; the section begins one such distance from the edge
 * @returns height x width x 3, red, green and blue from 0 to 255
 */
export async function drawHistology(
  tissue: Tissue,
  nCells: ArrayLike<number>,
  pitch: number,
  rng: Rng,
  pacer: Pacer,
): Promise<NdArray> {
  const width = ceil((extent(tissue.x) + 2) * pitch);
  const height = ceil((extent(tissue.y) + 2) * pitch);
  const stain = await blurred(layerStains(tissue, width, height, pitch), width, pitch / 2, pacer);
  const variation = coarseFields(width, height, pitch, rng.fork('fields'));
  const noise = rng.fork('noise');
  const data = new Uint8Array(height * width * 3);
  for (let row = 0; row < height; row++) {
    await pacer.tick();
    for (let column = 0; column < width; column++) {
      const [ofStain, ofEosin] = variation(row, column);
      const hematoxylin = stain[row * width + column]! + 0.03 * ofStain + 0.02 * noise.normal();
      const eosin = 0.5 + 0.1 * ofEosin;
      for (let color = 0; color < 3; color++) {
        const density = hematoxylin * HEMATOXYLIN[color]! + eosin * EOSIN[color]!;
        data[(row * width + column) * 3 + color] = min(255, round(255 * exp(-density)));
      }
    }
  }
  drawNuclei(data, width, height, tissue, nCells, pitch, rng.fork('nuclei'));
  return { kind: 'ndarray', shape: [height, width, 3], data };
}

/** Hematoxylin of the layer of the nearest spot, for each pixel. */
function layerStains(tissue: Tissue, width: number, height: number, pitch: number): Float32Array {
  const { layers, arrayRows } = tissue;
  const lastRow = arrayRows[arrayRows.length - 1]!;
  const nColumns = layers.length / (lastRow + 1);
  const stains = new Float32Array(width * height);
  for (let pixel = 0; pixel < stains.length; pixel++) {
    const x = (pixel % width) / pitch - 1;
    const y = floor(pixel / width) / pitch - 1;
    const middle = round(y / ROW_STEP);
    let [nearest, least] = [0, Infinity];
    for (let r = max(0, middle - 1); r <= min(lastRow, middle + 1); r++) {
      const c = min(nColumns - 1, max(0, round(x - (r % 2) / 2)));
      const distance = (x - c - (r % 2) / 2) ** 2 + (y - r * ROW_STEP) ** 2;
      if (distance < least) [nearest, least] = [r * nColumns + c, distance];
    }
    stains[pixel] = LAYER_STAIN[layers[nearest]!]!;
  }
  return stains;
}

/** Gaussian blur, along rows and then along columns; edges are repeated outwards. */
async function blurred(
  image: Float32Array,
  width: number,
  sd: number,
  pacer: Pacer,
): Promise<Float32Array> {
  const height = image.length / width;
  const reach = ceil(3 * sd);
  const weights = Array.from({ length: 2 * reach + 1 }, (_, i) =>
    exp(-((i - reach) ** 2) / (2 * sd * sd)),
  );
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let source = image;
  for (const [step, length] of [
    [1, width],
    [width, height],
  ] as const) {
    const target = new Float32Array(image.length);
    for (let pixel = 0; pixel < image.length; pixel++) {
      if (pixel % width === 0) await pacer.tick();
      const place = step === 1 ? pixel % width : floor(pixel / width);
      let sum = 0;
      for (let i = -reach; i <= reach; i++) {
        const other = min(length - 1, max(0, place + i));
        sum += weights[i + reach]! * source[pixel + (other - place) * step]!;
      }
      target[pixel] = sum / total;
    }
    source = target;
  }
  return source;
}

/** Two smooth fields over the image, drawn on a coarse grid and interpolated in between. */
function coarseFields(
  width: number,
  height: number,
  pitch: number,
  rng: Rng,
): (row: number, column: number) => [number, number] {
  const step = pitch / 2;
  const nColumns = ceil(width / step) + 1;
  const nRows = ceil(height / step) + 1;
  const points = Array.from({ length: nRows * nColumns }, (_, i) => i);
  const x = Float64Array.from(points, (i) => (i % nColumns) / 2);
  const y = Float64Array.from(points, (i) => floor(i / nColumns) / 2);
  const fields = randomFields(x, y, 5, 2, rng);
  return (row, column) => {
    const [r, c] = [floor(row / step), floor(column / step)];
    const [dr, dc] = [row / step - r, column / step - c];
    const at = (f: number): number => {
      const corner = (r * nColumns + c) * 2 + f;
      const upper = fields[corner]! * (1 - dc) + fields[corner + 2]! * dc;
      const below = corner + nColumns * 2;
      const lower = fields[below]! * (1 - dc) + fields[below + 2]! * dc;
      return upper * (1 - dr) + lower * dr;
    };
    return [at(0), at(1)];
  };
}

/** Darkens a small disc at a random place of its spot for each cell. */
function drawNuclei(
  data: Uint8Array,
  width: number,
  height: number,
  { x, y }: Tissue,
  nCells: ArrayLike<number>,
  pitch: number,
  rng: Rng,
): void {
  const reach = ceil(NUCLEUS_RADIUS);
  for (let spot = 0; spot < x.length; spot++) {
    for (let cell = 0; cell < nCells[spot]!; cell++) {
      const place = (): number => (2 * rng.uniform() - 1) * SPOT_RADIUS;
      const column = round((x[spot]! + 1 + place()) * pitch);
      const row = round((y[spot]! + 1 + place()) * pitch);
      for (let r = max(0, row - reach); r <= min(height - 1, row + reach); r++) {
        for (let c = max(0, column - reach); c <= min(width - 1, column + reach); c++) {
          if ((r - row) ** 2 + (c - column) ** 2 > NUCLEUS_RADIUS ** 2) continue;
          for (let color = 0; color < 3; color++) {
            data[(r * width + c) * 3 + color]! *= NUCLEUS_LIGHT;
          }
        }
      }
    }
  }
}

function extent(values: Float64Array): number {
  return values.reduce((top, value) => max(top, value), 0);
}
