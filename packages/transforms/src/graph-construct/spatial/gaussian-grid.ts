import type { DenseMatrix } from '@dance-ts/core';

// Looked up once: in a sandbox such as a test runner's, each look-up of a global is slow.
const { abs, max, min } = Math;

/** Grid steps a sigma; the error falls with its fourth power. */
const STEPS = 4;

/** Sigmas after which the blur is cut off. */
const REACH = 6;

/** Nodes that a place is spread to along each axis. */
const SUPPORT = 4;

/** Where a place lies on one axis of the grid: its first node, and the weights of four nodes. */
interface Stencil {
  readonly first: Int32Array; // [n]
  readonly weights: Float64Array; // [n * SUPPORT]
  readonly nNodes: number;
}

/**
 * Products with a Gaussian kernel through a regular grid: values are spread to the grid by cubic
 * interpolation, blurred along both axes and read back in the same way.
 */
export class GaussianGrid {
  /** Of the bounding box, at least one step in both directions. */
  readonly area: number;
  private readonly x: Stencil;
  private readonly y: Stencil;
  private readonly blur: Float64Array;

  /**
   * @param places - [n, 2]
   * @param sigma - width of the kernel, in the unit of the places
   */
  constructor(places: DenseMatrix, sigma: number) {
    const step = sigma / STEPS;
    const [x, y] = [0, 1].map((axis) =>
      Float64Array.from({ length: places.nRows }, (_, i) => places.get(i, axis) / step),
    ) as [Float64Array, Float64Array];
    this.x = stencilOf(x);
    this.y = stencilOf(y);
    this.area = step * (this.x.nNodes - SUPPORT + 1) * step * (this.y.nNodes - SUPPORT + 1);
    this.blur = Float64Array.from({ length: REACH * STEPS + 1 }, (_, k) =>
      Math.exp(-((k / STEPS) ** 2) / 2),
    );
  }

  /** The kernel without its diagonal times V, [n * width], float64. */
  multiply(V: DenseMatrix): Float64Array {
    const out = new Float64Array(V.data.length);
    const ownWeights = this.ownWeights();
    for (let c = 0; c < V.nCols; c++) {
      const grid = this.blurred(this.spread(V, c));
      for (let i = 0; i < V.nRows; i++) {
        let value = -ownWeights[i]! * V.data[i * V.nCols + c]!;
        this.forEachNode(i, (node, weight) => {
          value += weight * grid[node]!;
        });
        out[i * V.nCols + c] = value;
      }
    }
    return out;
  }

  private spread(V: DenseMatrix, column: number): Float64Array {
    const grid = new Float64Array(this.x.nNodes * this.y.nNodes);
    for (let i = 0; i < V.nRows; i++) {
      const value = V.data[i * V.nCols + column]!;
      this.forEachNode(i, (node, weight) => {
        grid[node]! += weight * value;
      });
    }
    return grid;
  }

  private forEachNode(i: number, visit: (node: number, weight: number) => void): void {
    for (let a = 0; a < SUPPORT; a++) {
      const rowWeight = this.y.weights[i * SUPPORT + a]!;
      const row = (this.y.first[i]! + a) * this.x.nNodes + this.x.first[i]!;
      for (let b = 0; b < SUPPORT; b++) {
        visit(row + b, rowWeight * this.x.weights[i * SUPPORT + b]!);
      }
    }
  }

  private blurred(grid: Float64Array): Float64Array {
    const [nX, nY] = [this.x.nNodes, this.y.nNodes];
    const across = this.blurredAlong(grid, nX, 1, nY, nX);
    return this.blurredAlong(across, nY, nX, nX, 1);
  }

  /** Blurs `nLines` lines of n nodes `stride` apart; lines start `lineStride` apart. */
  private blurredAlong(
    grid: Float64Array,
    n: number,
    stride: number,
    nLines: number,
    lineStride: number,
  ): Float64Array {
    const out = new Float64Array(grid.length);
    const reach = this.blur.length - 1;
    for (let line = 0; line < nLines; line++) {
      const start = line * lineStride;
      for (let from = 0; from < n; from++) {
        const value = grid[start + from * stride]!;
        if (value === 0) continue;
        const last = min(n - 1, from + reach);
        for (let to = max(0, from - reach); to <= last; to++) {
          out[start + to * stride]! += value * this.blur[abs(to - from)]!;
        }
      }
    }
    return out;
  }

  /** What the grid makes of the weight 1 of each spot for itself. */
  private ownWeights(): Float64Array {
    const [x, y] = [this.x, this.y].map(({ first, weights }) =>
      Float64Array.from(first, (_, i) => {
        let sum = 0;
        for (let a = 0; a < SUPPORT; a++) {
          for (let b = 0; b < SUPPORT; b++) {
            const product = weights[i * SUPPORT + a]! * weights[i * SUPPORT + b]!;
            sum += product * this.blur[abs(a - b)]!;
          }
        }
        return sum;
      }),
    ) as [Float64Array, Float64Array];
    return x.map((value, i) => value * y[i]!);
  }
}

/** Cubic interpolation between the four nodes around each place, in steps. */
function stencilOf(places: Float64Array): Stencil {
  const start = places.reduce((least, value) => min(least, value), Infinity) - 1;
  const first = Int32Array.from(places, (value) => Math.floor(value - start) - 1);
  const weights = new Float64Array(places.length * SUPPORT);
  places.forEach((value, i) => {
    const t = value - start - 1 - first[i]!; // in [0, 1), between the second and third node
    weights.set(
      [
        (-t * (t - 1) * (t - 2)) / 6,
        ((t + 1) * (t - 1) * (t - 2)) / 2,
        (-(t + 1) * t * (t - 2)) / 2,
        ((t + 1) * t * (t - 1)) / 6,
      ],
      i * SUPPORT,
    );
  });
  const last = first.reduce((most, node) => max(most, node), 0);
  return { first, weights, nNodes: last + SUPPORT };
}
