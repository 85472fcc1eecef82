import type { Tile } from './tile-colors.js';

type Offset = readonly [row: number, column: number];

const GRAY_LEVELS = 16;
const PAIR_DISTANCES = [1, 3];
const DIRECTIONS: readonly Offset[] = [
  [0, 1],
  [1, 0],
  [1, 1],
  [1, -1],
];
/** The neighbors of a pixel in a circle. */
const RING: readonly Offset[] = [
  [-1, -1],
  [-1, 0],
  [-1, 1],
  [0, 1],
  [1, 1],
  [1, 0],
  [1, -1],
  [0, -1],
];
const ORIENTATIONS = 9;

/**
 * 30 numbers for the texture of a tile's gray values: contrast, homogeneity, energy, correlation and
 * entropy of the pairs of 16 gray levels at distances 1 and 3, mean of four directions (10; Haralick
 * et al., 1973), shares of the uniform local binary patterns of the 8 neighbors (10; Ojala et al.,
 * 2002), and shares of 9 orientations in the gradients with their mean size (10). 0 where a tile is
 * too small.
 */
export function textureFeatures(tile: Tile): number[] {
  return [
    ...PAIR_DISTANCES.flatMap((distance) => pairFeatures(tile, distance)),
    ...binaryPatterns(tile),
    ...gradients(tile),
  ];
}

function pairFeatures(tile: Tile, distance: number): number[] {
  const means = new Array<number>(5).fill(0);
  for (const [row, column] of DIRECTIONS) {
    const pairs = pairShares(tile, [row * distance, column * distance]);
    if (pairs === undefined) continue;
    ofPairs(pairs).forEach((value, f) => {
      means[f]! += value / DIRECTIONS.length;
    });
  }
  return means;
}

/** Shares of the pairs of gray levels, both ways round; undefined if the tile is too small. */
function pairShares({ gray, height, width }: Tile, [dr, dc]: Offset): Float64Array | undefined {
  const shares = new Float64Array(GRAY_LEVELS * GRAY_LEVELS);
  const level = (pixel: number): number =>
    Math.max(0, Math.min(GRAY_LEVELS - 1, Math.floor(gray[pixel]! * GRAY_LEVELS)));
  let count = 0;
  for (let r = 0; r + dr < height; r++) {
    for (let c = Math.max(0, -dc); c < width && c + dc < width; c++) {
      const [a, b] = [level(r * width + c), level((r + dr) * width + c + dc)];
      shares[a * GRAY_LEVELS + b]! += 1;
      shares[b * GRAY_LEVELS + a]! += 1;
      count += 2;
    }
  }
  return count === 0 ? undefined : shares.map((share) => share / count);
}

function ofPairs(shares: Float64Array): number[] {
  let [contrast, homogeneity, energy, entropy, mean, squares, products] = [0, 0, 0, 0, 0, 0, 0];
  shares.forEach((share, pair) => {
    if (share === 0) return;
    const [a, b] = [Math.floor(pair / GRAY_LEVELS), pair % GRAY_LEVELS];
    contrast += share * (a - b) ** 2;
    homogeneity += share / (1 + (a - b) ** 2);
    energy += share * share;
    entropy -= share * Math.log(share);
    mean += share * a;
    squares += share * a * a;
    products += share * a * b;
  });
  const variance = squares - mean * mean;
  const correlation = variance > 1e-9 ? (products - mean * mean) / variance : 0;
  return [contrast, homogeneity, energy, correlation, entropy];
}

function binaryPatterns({ gray, height, width }: Tile): number[] {
  const shares = new Array<number>(RING.length + 2).fill(0);
  const count = Math.max(0, height - 2) * Math.max(0, width - 2);
  for (let r = 1; r + 1 < height; r++) {
    for (let c = 1; c + 1 < width; c++) {
      const center = gray[r * width + c]!;
      const bits = RING.map(([dr, dc]) => (gray[(r + dr) * width + c + dc]! >= center ? 1 : 0));
      const changes = bits.filter((bit, k) => bit !== bits[(k + 1) % bits.length]).length;
      const ones = bits.filter((bit) => bit === 1).length;
      shares[changes <= 2 ? ones : RING.length + 1]! += 1 / count;
    }
  }
  return shares;
}

function gradients({ gray, height, width }: Tile): number[] {
  const sizes = new Array<number>(ORIENTATIONS).fill(0);
  const count = Math.max(0, height - 2) * Math.max(0, width - 2);
  for (let r = 1; r + 1 < height; r++) {
    for (let c = 1; c + 1 < width; c++) {
      const at = r * width + c;
      const down = (gray[at + width]! - gray[at - width]!) / 2;
      const right = (gray[at + 1]! - gray[at - 1]!) / 2;
      const angle = (Math.atan2(down, right) + Math.PI) % Math.PI;
      const bin = Math.min(ORIENTATIONS - 1, Math.floor((angle / Math.PI) * ORIENTATIONS));
      sizes[bin]! += Math.hypot(down, right);
    }
  }
  const total = sizes.reduce((sum, size) => sum + size, 0);
  if (total === 0) return [...sizes, 0];
  return [...sizes.map((size) => size / total), total / count];
}
