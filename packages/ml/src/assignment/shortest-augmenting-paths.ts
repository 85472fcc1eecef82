/** Costs of n rows and m >= n columns, row-major; so small that sums of them stay finite. */
export interface SquareOrWide {
  readonly n: number;
  readonly m: number;
  /** [n * m] */
  readonly values: Float64Array;
}

/**
 * Column of each row in an assignment of least total cost, by shortest augmenting paths (Jonker &
 * Volgenant, Computing 38, 1987; for rectangular costs Crouse, IEEE Trans. Aerosp. Electron. Syst.
 * 52, 2016).
 */
export function shortestAugmentingPaths(costs: SquareOrWide): Int32Array {
  const search = new PathSearch(costs);
  search.matchCheapestColumns();
  for (let row = 0; row < costs.n; row++) search.matchRow(row);
  return search.columnOf;
}

const NONE = -1;

/**
 * Partial assignment with its dual solution: the reduced cost `c[i, j] - u[i] - v[j]` is >= 0 for
 * all pairs and 0 for the matched ones, and v is 0 for free columns, so the matched rows are
 * matched optimally at every stage.
 */
class PathSearch {
  readonly columnOf: Int32Array; // [n]
  private readonly rowOf: Int32Array; // [m]
  private readonly u: Float64Array; // [n]
  private readonly v: Float64Array; // [m]
  private readonly distance: Float64Array; // [m], shortest reduced path length from the start row
  private readonly previousRow: Int32Array; // [m], row before the column on that path
  private readonly order: Int32Array; // [m], columns reached, then the remaining ones

  constructor(private readonly costs: SquareOrWide) {
    const { n, m } = costs;
    this.columnOf = new Int32Array(n).fill(NONE);
    this.rowOf = new Int32Array(m).fill(NONE);
    this.u = new Float64Array(n);
    this.v = new Float64Array(m);
    this.distance = new Float64Array(m);
    this.previousRow = new Int32Array(m);
    this.order = Int32Array.from({ length: m }, (_, j) => j);
  }

  /** Starts with u = row minima, and matches each row to a free column of that cost. */
  matchCheapestColumns(): void {
    const { n, m, values } = this.costs;
    for (let i = 0; i < n; i++) {
      const row = values.subarray(i * m, (i + 1) * m);
      const cheapest = row.reduce((least, cost) => Math.min(least, cost), Infinity);
      this.u[i] = cheapest;
      const free = row.findIndex((cost, j) => cost === cheapest && this.rowOf[j] === NONE);
      if (free !== -1) this.match(i, free);
    }
  }

  /** Matches one more row, moving others along the shortest path to a free column. */
  matchRow(start: number): void {
    if (this.columnOf[start] !== NONE) return;
    const { end, nReached } = this.shortestPath(start);
    this.updateDuals(start, end, nReached);
    for (let column = end; ;) {
      const row = this.previousRow[column]!;
      const next = this.columnOf[row]!;
      this.match(row, column);
      if (row === start) return;
      column = next;
    }
  }

  /** Dijkstra's search; the columns reached before `end` come first in `order`. */
  private shortestPath(start: number): { end: number; nReached: number } {
    this.distance.fill(Infinity);
    let row = start;
    let length = 0;
    for (let nReached = 0; ; nReached++) {
      const place = this.relax(row, length, nReached);
      const column = this.order[place]!;
      length = this.distance[column]!;
      if (this.rowOf[column] === NONE) return { end: column, nReached };
      this.order[place] = this.order[nReached]!;
      this.order[nReached] = column;
      row = this.rowOf[column]!;
    }
  }

  /**
   * Extends paths of this length from a row to the remaining columns.
   *
   * @returns place in `order` of the nearest of them, a free one if several are equally near
   */
  private relax(row: number, length: number, nReached: number): number {
    const { order, distance, previousRow, rowOf, v } = this;
    const { m, values } = this.costs;
    const offset = row * m;
    const base = length - this.u[row]!;
    let nearest = nReached;
    let least = Infinity;
    for (let place = nReached; place < m; place++) {
      const column = order[place]!;
      const through = base + values[offset + column]! - v[column]!;
      if (through < distance[column]!) {
        distance[column] = through;
        previousRow[column] = row;
      }
      const shortest = distance[column]!;
      if (shortest < least || (shortest === least && rowOf[column] === NONE)) {
        least = shortest;
        nearest = place;
      }
    }
    return nearest;
  }

  private updateDuals(start: number, end: number, nReached: number): void {
    const length = this.distance[end]!;
    this.u[start]! += length;
    for (let place = 0; place < nReached; place++) {
      const column = this.order[place]!;
      const slack = length - this.distance[column]!;
      this.u[this.rowOf[column]!]! += slack;
      this.v[column]! -= slack;
    }
  }

  private match(row: number, column: number): void {
    this.columnOf[row] = column;
    this.rowOf[column] = row;
  }
}
