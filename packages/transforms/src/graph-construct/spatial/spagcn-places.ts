import { DataError, DenseMatrix, type AnnData, type NdArray } from '@dance-ts/core';

/** Share of the squared mean below which a variance is the rounding error of one color. */
const ROUNDING = 1e-12;

/** A histology image: rows x columns x channels. */
export type Image = NdArray & { readonly shape: readonly [number, number, number] };

/**
 * The image in `uns`; undefined if there is none.
 *
 * @throws DataError if the entry is no image
 */
export function imageOf(data: AnnData, key: string, owner: string): Image | undefined {
  const image = data.uns.get(key);
  if (image === undefined) return undefined;
  if (isImage(image)) return image;
  throw new DataError(`${owner}: uns["${key}"] is no image`, {
    expected: 'numbers of shape rows x columns x 3 channels',
  });
}

function isImage(value: unknown): value is Image {
  if (typeof value !== 'object' || value === null || !('shape' in value)) return false;
  return Array.isArray(value.shape) && value.shape.length === 3 && value.shape[2] >= 1;
}

/** Options of {@link histologyAxis}. */
export interface HistologyOptions {
  /** Side of the window around a spot, in pixels. */
  readonly beta: number;
  readonly spotNames: readonly string[];
  readonly owner: string;
}

/**
 * One standardized number a spot for its color: the mean color g_c of a window of 2 round(beta / 2)
 * + 1 pixels, weighted by the variances v_c of the channels over the spots, z = sum g_c v_c / sum
 * v_c. Zeros where all spots have one color.
 *
 * @param pixels - [nSpots, 2], row and column of each spot in the image
 * @returns [nSpots], mean 0 and population deviation 1, or zeros
 * @throws DataError naming a spot that lies outside of the image
 */
export function histologyAxis(
  image: Image,
  pixels: DenseMatrix,
  options: HistologyOptions,
): Float64Array {
  const colors = windowColors(image, pixels, options);
  const weights = colors.map((channel) => {
    const { mean, variance } = meanAndVariance(channel);
    return variance > ROUNDING * mean ** 2 ? variance : 0;
  });
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  if (total === 0) return new Float64Array(pixels.nRows);
  const z = Float64Array.from({ length: pixels.nRows }, (_, i) =>
    colors.reduce((sum, channel, c) => sum + (channel[i]! * weights[c]!) / total, 0),
  );
  const { mean, variance } = meanAndVariance(z);
  return variance === 0 ? z.fill(0) : z.map((value) => (value - mean) / Math.sqrt(variance));
}

/** Mean and population variance. */
export function meanAndVariance(values: Float64Array): {
  readonly mean: number;
  readonly variance: number;
} {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, variance: squares / values.length };
}

/** Mean of each channel in the window around each spot. */
function windowColors(
  { shape, data }: Image,
  pixels: DenseMatrix,
  { beta, spotNames, owner }: HistologyOptions,
): Float64Array[] {
  const [height, width, nChannels] = shape;
  const half = roundHalfToEven(beta / 2);
  const colors = Array.from({ length: nChannels }, () => new Float64Array(pixels.nRows));
  for (let i = 0; i < pixels.nRows; i++) {
    const row = clipped(pixels.get(i, 0), half, height);
    const column = clipped(pixels.get(i, 1), half, width);
    const area = (row.end - row.start) * (column.end - column.start);
    if (row.end <= row.start || column.end <= column.start) {
      throw new DataError(`${owner}: spot "${spotNames[i]!}" lies outside of the image`, {
        got: `pixel (${pixels.get(i, 0)}, ${pixels.get(i, 1)})`,
        expected: `within ${height} x ${width}`,
        remedy: 'Give row and column at the resolution of the image.',
      });
    }
    for (let r = row.start; r < row.end; r++) {
      for (let c = column.start; c < column.end; c++) {
        const at = (r * width + c) * nChannels;
        for (let k = 0; k < nChannels; k++) colors[k]![i]! += data[at + k]!;
      }
    }
    for (const channel of colors) channel[i]! /= area;
  }
  return colors;
}

function clipped(center: number, half: number, size: number): { start: number; end: number } {
  const middle = Math.round(center);
  return { start: Math.max(0, middle - half), end: Math.min(size, middle + half + 1) };
}

function roundHalfToEven(value: number): number {
  const below = Math.floor(value);
  return value - below === 0.5 ? below + (below % 2) : Math.round(value);
}
