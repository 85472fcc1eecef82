import { describe, expect, test } from '@jest/globals';
import { CsrMatrix, DataError, DenseMatrix, ParamError, Rng } from '@dance-ts/core';
import { BipartiteSampler } from './bipartite-sampler.js';

/** 40 cells x 30 genes with a third of the edges; the last cell and the last gene have none. */
function randomGraph(): CsrMatrix {
  const rng = Rng.fromSeed(3);
  const dense = DenseMatrix.zeros(40, 30);
  for (let i = 0; i < 39; i++) {
    for (let j = 0; j < 29; j++) if (rng.uniform() < 1 / 3) dense.row(i)[j] = 2;
  }
  return CsrMatrix.fromDense(dense);
}

function graphOf(...rows: number[][]): CsrMatrix {
  return CsrMatrix.fromDense(DenseMatrix.fromRows(rows));
}

describe('what is sampled', () => {
  const graph = randomGraph();
  const seeds = Int32Array.of(7, 2, 30);
  const sample = new BipartiteSampler(graph, [6, 4]).sample(seeds, Rng.fromSeed(1));

  test('the seeds first, no node twice, no more than asked for', () => {
    expect([...sample.cells.subarray(0, 3)]).toEqual([7, 2, 30]);
    expect(new Set(sample.cells).size).toBe(sample.cells.length);
    expect(new Set(sample.genes).size).toBe(sample.genes.length);
    // Step 1 reaches genes only, step 2 both.
    expect(sample.genes).toHaveLength(6 + 4);
    expect(sample.cells).toHaveLength(3 + 4);
  });

  test('every edge among the nodes, and no other', () => {
    expect(sample.edges.shape).toEqual([sample.cells.length, sample.genes.length]);
    sample.cells.forEach((cell, i) => {
      sample.genes.forEach((gene, j) => {
        expect(sample.edges.get(i, j)).toBe(graph.get(cell, gene) === 0 ? 0 : 1);
      });
    });
  });

  test('the genes of the first step are neighbors of a seed', () => {
    const { genes } = new BipartiteSampler(graph, [6]).sample(seeds, Rng.fromSeed(1));
    expect(genes).toHaveLength(6);
    for (const gene of genes) {
      expect([...seeds].some((seed) => graph.get(seed, gene) > 0)).toBe(true);
    }
  });

  test('the stream decides, and nothing else', () => {
    const sampler = new BipartiteSampler(graph, [6, 4]);
    expect(sampler.sample(seeds, Rng.fromSeed(1))).toEqual(sample);
    expect(sampler.sample(seeds, Rng.fromSeed(2))).not.toEqual(sample);
  });

  test('everything within reach when there is room', () => {
    const all = new BipartiteSampler(graph, [99, 99, 99]).sample(seeds, Rng.fromSeed(1));
    expect([...all.genes]).toEqual(Array.from({ length: 29 }, (_, j) => j));
    expect([...all.cells].sort((a, b) => a - b)).toEqual(Array.from({ length: 39 }, (_, i) => i));
  });

  test('a cell without genes is a sample of its own', () => {
    const alone = new BipartiteSampler(graph, [6, 4]).sample(Int32Array.of(39), Rng.fromSeed(1));
    expect([...alone.cells]).toEqual([39]);
    expect(alone.genes).toHaveLength(0);
    expect(alone.edges.shape).toEqual([1, 0]);
  });
});

test('genes are drawn in proportion to the square of their budget', () => {
  // Seed 0 has degree 2 and seed 1 degree 1: budgets 1/2 and 1/2 + 1, probabilities 1/10 and 9/10.
  const sampler = new BipartiteSampler(graphOf([1, 1], [0, 1]), [1]);
  const rng = Rng.fromSeed(5);
  const nDraws = 4000;
  let second = 0;
  for (let k = 0; k < nDraws; k++) {
    const { genes } = sampler.sample(Int32Array.of(0, 1), rng.fork(String(k)));
    second += genes[0]!;
  }
  // Four standard errors.
  expect(Math.abs(second / nDraws - 0.9)).toBeLessThan(4 * Math.sqrt((0.9 * 0.1) / nDraws));
});

test('cells get their budget from the genes, by the degrees of the genes', () => {
  // Gene 0 leads to cells 1 and 2 (degree 3), gene 1 to cell 2 (degree 2): budgets 1/3 and 5/6.
  const sampler = new BipartiteSampler(graphOf([1, 1], [1, 0], [1, 1]), [2, 1]);
  const rng = Rng.fromSeed(6);
  const nDraws = 4000;
  let third = 0;
  for (let k = 0; k < nDraws; k++) {
    const { cells } = sampler.sample(Int32Array.of(0), rng.fork(String(k)));
    expect(cells).toHaveLength(2);
    third += cells[1]! - 1;
  }
  const expected = (5 / 6) ** 2 / ((5 / 6) ** 2 + (1 / 3) ** 2);
  const error = Math.sqrt((expected * (1 - expected)) / nDraws);
  expect(Math.abs(third / nDraws - expected)).toBeLessThan(4 * error);
});

test('wrong numbers and seeds are refused', () => {
  const graph = randomGraph();
  expect(() => new BipartiteSampler(graph, [4, 1.5])).toThrow(ParamError);
  const sampler = new BipartiteSampler(graph, [4]);
  expect(() => sampler.sample(Int32Array.of(40), Rng.fromSeed(0))).toThrow(DataError);
  expect(() => sampler.sample(Int32Array.of(1, 1), Rng.fromSeed(0))).toThrow(/seed 1/);
});
