/** A square of an image: gray values and channels in [0, 1] and stain densities, row by row. */
export interface Tile {
  readonly height: number;
  readonly width: number;
  /** Mean of red, green and blue. */
  readonly gray: Float64Array;
  /** Red, green, blue, hematoxylin, eosin. */
  readonly channels: readonly Float64Array[];
}

/** Optical density of hematoxylin and eosin in red, green and blue (Ruifrok & Johnston, 2001). */
const HEMATOXYLIN = unit([0.65, 0.7, 0.29]);
const EOSIN = unit([0.07, 0.99, 0.11]);
const OVERLAP = dot(HEMATOXYLIN, EOSIN);

const DARKEST = 1 / 255;
const QUANTILES = [0.05, 0.25, 0.75, 0.95];
const STAIN_BINS = 8;
const STAIN_RANGE = 2;
const OTSU_BINS = 64;

/**
 * A tile from its colors.
 *
 * @param rgb - red, green and blue in [0, 1], pixel by pixel, [height * width * 3]
 */
export function tileOf(rgb: Float64Array, height: number, width: number): Tile {
  const n = height * width;
  const channels = Array.from({ length: 5 }, () => new Float64Array(n));
  const gray = new Float64Array(n);
  for (let p = 0; p < n; p++) {
    const color = [rgb[3 * p]!, rgb[3 * p + 1]!, rgb[3 * p + 2]!] as const;
    const density = color.map((value) => -Math.log(Math.max(DARKEST, value)));
    const [a, b] = [dot(density, HEMATOXYLIN), dot(density, EOSIN)];
    const hematoxylin = (a - OVERLAP * b) / (1 - OVERLAP ** 2);
    const eosin = (b - OVERLAP * a) / (1 - OVERLAP ** 2);
    [...color, hematoxylin, eosin].forEach((value, c) => {
      channels[c]![p] = value;
    });
    gray[p] = (color[0] + color[1] + color[2]) / 3;
  }
  return { height, width, gray, channels };
}

/**
 * 52 numbers for the colors of a tile: mean, population deviation, skewness and the quantiles .05, .25,
 * .75 and .95 of each channel (35), shares of the pixels in 8 equal ranges of hematoxylin and of
 * eosin from 0 to 2 (16; what lies outside is in the first or last), and the share of pixels with
 * hematoxylin above Otsu's threshold, where nuclei are (1).
 */
export function colorFeatures({ channels }: Tile): number[] {
  const [hematoxylin, eosin] = [channels[3]!, channels[4]!];
  return [
    ...channels.flatMap(channelSummary),
    ...histogram(hematoxylin, 0, STAIN_RANGE, STAIN_BINS),
    ...histogram(eosin, 0, STAIN_RANGE, STAIN_BINS),
    shareAboveOtsu(hematoxylin),
  ];
}

function channelSummary(values: Float64Array): number[] {
  const n = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  const moment = (power: number): number =>
    values.reduce((sum, value) => sum + (value - mean) ** power, 0) / n;
  const deviation = Math.sqrt(moment(2));
  const sorted = values.slice().sort();
  const quantiles = QUANTILES.map((share) => sorted[Math.round(share * (n - 1))]!);
  const isConstant = sorted[0] === sorted[n - 1];
  return isConstant
    ? [mean, 0, 0, ...quantiles]
    : [mean, deviation, moment(3) / deviation ** 3, ...quantiles];
}

function histogram(values: Float64Array, low: number, high: number, nBins: number): number[] {
  const shares = new Array<number>(nBins).fill(0);
  for (const value of values) {
    const bin = Math.floor(((value - low) / (high - low)) * nBins);
    shares[Math.max(0, Math.min(nBins - 1, bin))]! += 1 / values.length;
  }
  return shares;
}

/** Share of the values above the threshold that separates two classes best (Otsu, 1979). */
function shareAboveOtsu(values: Float64Array): number {
  const low = values.reduce((least, value) => Math.min(least, value), Infinity);
  const high = values.reduce((most, value) => Math.max(most, value), -Infinity);
  if (!(high > low)) return 0;
  const shares = histogram(values, low, high, OTSU_BINS);
  const total = shares.reduce((sum, share, bin) => sum + share * bin, 0);
  let [below, sumBelow, best, above] = [0, 0, -1, 0];
  for (let bin = 0; bin < OTSU_BINS - 1; bin++) {
    below += shares[bin]!;
    sumBelow += shares[bin]! * bin;
    const between = (total * below - sumBelow) ** 2 / (below * (1 - below));
    if (between > best) [best, above] = [between, 1 - below];
  }
  return above;
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, k) => sum + value * b[k]!, 0);
}

function unit(vector: readonly number[]): number[] {
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}
