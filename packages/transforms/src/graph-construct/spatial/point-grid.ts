import type { DenseMatrix } from '@dance-ts/core';

// Looked up once: in a sandbox such as a test runner's, each look-up of a global is slow.
const { floor, max, min, sqrt } = Math;

/**
 * Points of the plane sorted into square tiles, to find those near a place without looking at all.
 * Distances are computed in float64, equal ones are ordered by the lower point.
 */
export class PointGrid {
  private readonly size: number;
  private readonly nAcross: number;
  private readonly nDown: number;
  private readonly left: number;
  private readonly top: number;
  /** Points ordered by tile, and where each tile starts. */
  private readonly points: Int32Array;
  private readonly starts: Int32Array;

  /**
   * @param coordinates - [n, 2 or more], finite; the first two columns are used
   * @param reach - distance most often asked for, in the unit of the coordinates
   */
  constructor(
    private readonly coordinates: DenseMatrix,
    reach?: number,
  ) {
    const n = coordinates.nRows;
    const box = boundingBox(coordinates);
    this.left = box.left;
    this.top = box.top;
    const longest = max(box.width, box.height);
    // About two points a tile on an even tissue; a smaller tile would only cost memory.
    const smallest = sqrt((2 * box.width * box.height) / max(1, n));
    const thinnest = (2 * longest) / max(1, n);
    this.size = max(reach ?? 0, smallest, thinnest) || 1;
    this.nAcross = floor(box.width / this.size) + 1;
    this.nDown = floor(box.height / this.size) + 1;
    const tiles = Int32Array.from({ length: n }, (_, i) => this.tileOf(i));
    this.starts = new Int32Array(this.nAcross * this.nDown + 1);
    for (const tile of tiles) this.starts[tile + 1]! += 1;
    for (let t = 0; t < this.nAcross * this.nDown; t++) this.starts[t + 1]! += this.starts[t]!;
    const next = this.starts.slice();
    this.points = new Int32Array(n);
    tiles.forEach((tile, i) => {
      this.points[next[tile]!++] = i;
    });
  }

  /** Calls `visit` with each other point at most `radius` away, in no particular order. */
  forEachWithin(i: number, radius: number, visit: (j: number, distance: number) => void): void {
    const [x, y] = this.place(i);
    const across = this.range(x - this.left, radius, this.nAcross);
    const down = this.range(y - this.top, radius, this.nDown);
    for (let row = down.first; row <= down.last; row++) {
      const start = this.starts[row * this.nAcross + across.first]!;
      const end = this.starts[row * this.nAcross + across.last + 1]!;
      for (let p = start; p < end; p++) {
        const j = this.points[p]!;
        if (j === i) continue;
        const [otherX, otherY] = this.place(j);
        const distance = sqrt((x - otherX) ** 2 + (y - otherY) ** 2);
        if (distance <= radius) visit(j, distance);
      }
    }
  }

  /**
   * The k nearest other points, nearest first.
   *
   * @param k - less than the number of points
   */
  nearest(i: number, k: number): { readonly point: number; readonly distance: number }[] {
    const farthest = this.size * (this.nAcross + this.nDown + 2);
    for (let radius = this.size; ; radius *= 2) {
      const found: { point: number; distance: number }[] = [];
      this.forEachWithin(i, radius, (point, distance) => found.push({ point, distance }));
      if (found.length < k && radius < farthest) continue;
      found.sort((a, b) => a.distance - b.distance || a.point - b.point);
      return found.slice(0, k);
    }
  }

  private place(i: number): [number, number] {
    const { data, nCols } = this.coordinates;
    return [data[i * nCols]!, data[i * nCols + 1]!];
  }

  private tileOf(i: number): number {
    const [x, y] = this.place(i);
    const column = floor((x - this.left) / this.size);
    const row = floor((y - this.top) / this.size);
    return row * this.nAcross + column;
  }

  private range(offset: number, radius: number, n: number): { first: number; last: number } {
    return {
      first: max(0, floor((offset - radius) / this.size)),
      last: min(n - 1, floor((offset + radius) / this.size)),
    };
  }
}

function boundingBox({ data, nRows, nCols }: DenseMatrix): {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
} {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (let i = 0; i < nRows; i++) {
    const [x, y] = [data[i * nCols]!, data[i * nCols + 1]!];
    left = min(left, x);
    right = max(right, x);
    top = min(top, y);
    bottom = max(bottom, y);
  }
  return nRows === 0
    ? { left: 0, top: 0, width: 0, height: 0 }
    : { left, top, width: right - left, height: bottom - top };
}
