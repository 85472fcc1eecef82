import { CsrMatrix, DataError, ParamError, type Rng } from '@dance-ts/core';

/** Nodes sampled around some cells, and every edge among them. */
export interface BipartiteSample {
  /** The seeds in their order, then the other cells in ascending order. */
  readonly cells: Int32Array;
  /** Ascending. */
  readonly genes: Int32Array;
  /** Edges among them, each of weight 1, [cells, genes]. */
  readonly edges: CsrMatrix;
}

/** One kind of nodes while a sample grows. */
interface Side {
  /** Neighbors of each node on the other side. */
  readonly edges: CsrMatrix;
  /** Sum over the sampled neighbors of 1 / their degree. */
  readonly budget: Float64Array;
  readonly isSampled: Uint8Array;
  /** Sampled in the last step: not yet in the budgets of their neighbors. */
  fresh: Int32Array;
}

/**
 * Samples nodes around seed cells of a graph of cells and genes, as the Heterogeneous Graph
 * Transformer does (Hu et al., WWW 2020, algorithm 2): each newly sampled node adds 1 / degree to
 * the budget of its neighbors; then, of each kind, the given number of nodes with a budget is drawn
 * without replacement, with probabilities proportional to budget².
 *
 * Memory: the graph both ways and 9 bytes a node.
 */
export class BipartiteSampler {
  /**
   * @param edges - an entry for each pair of neighbors, [nCells, nGenes]; values are not read
   * @param numSamples - nodes of each kind to draw in each step
   * @param toGenes - the transpose of `edges`, if it is there already
   * @throws ParamError if a number of nodes is not a whole number >= 0
   */
  constructor(
    private readonly edges: CsrMatrix,
    private readonly numSamples: readonly number[],
    private readonly toGenes: CsrMatrix = edges.transpose(),
  ) {
    const bad = numSamples.find((n) => !Number.isInteger(n) || n < 0);
    if (bad !== undefined) {
      throw new ParamError('numSamples', { got: String(bad), expected: 'whole numbers >= 0' });
    }
  }

  /**
   * One sample; the same stream gives the same nodes.
   *
   * @param seeds - distinct cells
   * @throws DataError if a seed is not a cell of the graph or occurs twice
   */
  sample(seeds: Int32Array, rng: Rng): BipartiteSample {
    const cells = side(this.edges);
    const genes = side(this.toGenes);
    markSeeds(cells, seeds);
    for (const [step, size] of this.numSamples.entries()) {
      spendFresh(cells, genes);
      spendFresh(genes, cells);
      genes.fresh = draw(genes, size, rng.fork(`genes-${step}`));
      cells.fresh = draw(cells, size, rng.fork(`cells-${step}`));
    }
    for (const seed of seeds) cells.isSampled[seed] = 0;
    const others = places(cells.isSampled);
    const allCells = new Int32Array(seeds.length + others.length);
    allCells.set(seeds);
    allCells.set(others, seeds.length);
    const allGenes = places(genes.isSampled);
    return { cells: allCells, genes: allGenes, edges: among(this.edges, allCells, allGenes) };
  }
}

function side(edges: CsrMatrix): Side {
  const { nRows } = edges;
  return {
    edges,
    budget: new Float64Array(nRows),
    isSampled: new Uint8Array(nRows),
    fresh: new Int32Array(0),
  };
}

function markSeeds(cells: Side, seeds: Int32Array): void {
  for (const seed of seeds) {
    if (!(seed >= 0 && seed < cells.isSampled.length) || cells.isSampled[seed] === 1) {
      throw new DataError(`BipartiteSampler: seed ${seed}`, {
        expected: `distinct cells from 0 to ${cells.isSampled.length - 1}`,
      });
    }
    cells.isSampled[seed] = 1;
  }
  cells.fresh = seeds;
}

/** Adds what the fresh nodes of one side give to the budgets of the other. */
function spendFresh(from: Side, to: Side): void {
  const { indptr, indices } = from.edges;
  for (const node of from.fresh) {
    const [start, end] = [indptr[node]!, indptr[node + 1]!];
    const share = 1 / (end - start);
    for (let e = start; e < end; e++) to.budget[indices[e]!]! += share;
  }
  from.fresh = new Int32Array(0);
}

/**
 * Draws up to `size` nodes of a side and marks them. Of the keys ln(u) / weight the largest are
 * those of a draw one by one without replacement (Efraimidis & Spirakis, 2006).
 */
function draw(nodes: Side, size: number, rng: Rng): Int32Array {
  const { budget, isSampled } = nodes;
  const candidates: number[] = [];
  for (let i = 0; i < budget.length; i++) {
    if (budget[i]! > 0 && isSampled[i] === 0) candidates.push(i);
  }
  let drawn = Int32Array.from(candidates);
  if (drawn.length > size) {
    const keys = Float64Array.from(drawn, (i) => Math.log(1 - rng.uniform()) / budget[i]! ** 2);
    const order = Uint32Array.from(keys.keys()).sort((a, b) => keys[b]! - keys[a]! || a - b);
    drawn = Int32Array.from(order.subarray(0, size), (place) => candidates[place]!);
  }
  for (const i of drawn) isSampled[i] = 1;
  return drawn;
}

function places(marks: Uint8Array): Int32Array {
  const found: number[] = [];
  for (let i = 0; i < marks.length; i++) if (marks[i] === 1) found.push(i);
  return Int32Array.from(found);
}

/** Edges between some cells and some genes (ascending), renumbered. */
function among(edges: CsrMatrix, cells: Int32Array, genes: Int32Array): CsrMatrix {
  const column = new Int32Array(edges.nCols).fill(-1);
  genes.forEach((gene, j) => {
    column[gene] = j;
  });
  const indptr = new Int32Array(cells.length + 1);
  let most = 0;
  for (const cell of cells) most += edges.indptr[cell + 1]! - edges.indptr[cell]!;
  const indices = new Int32Array(most);
  let end = 0;
  cells.forEach((cell, i) => {
    for (let e = edges.indptr[cell]!; e < edges.indptr[cell + 1]!; e++) {
      const j = column[edges.indices[e]!]!;
      if (j >= 0) indices[end++] = j;
    }
    indptr[i + 1] = end;
  });
  const values = new Float32Array(end).fill(1);
  return new CsrMatrix(cells.length, genes.length, indptr, indices.slice(0, end), values);
}
