import {
  AnnData,
  DataError,
  DenseMatrix,
  Pacer,
  ParamError,
  Rng,
  type CsrMatrix,
} from '@dance-ts/core';
import { describe, expect, test } from '@jest/globals';
import { testContext } from '../../testing/data.js';
import { goldenCase, readGolden } from '../../testing/golden.js';
import { expectMatrixClose } from '../../testing/matchers.js';
import {
  characteristicLength,
  gaussianWeights,
  neighborWeight,
  spotDistances,
} from './characteristic-length.js';
import { gaussianKernel } from './gaussian-kernel.js';
import { PointGrid } from './point-grid.js';
import { pairsWithin, pitchOf } from './spots.js';
import { readStagateGraph, StagateGraph } from './stagate-graph.js';

interface GoldenCase {
  readonly name: string;
  readonly coords: number[][];
  readonly coords_shifted_by_column_min_divided_by_global_max: number[][];
  readonly kernel: number[][];
  readonly 'paper_variant_sigma2_0.1_on_scaled': number[][];
  readonly kernel_zero_diagonal: number[][];
  readonly row_sums_zero_diagonal: number[];
  readonly distance: number[][];
  readonly sigma: number;
  readonly l: number;
  readonly p: number;
  readonly l_exact_root: number;
  readonly p_mean_row_sum_minus_1: number;
  readonly radius: number;
  readonly mean_degree: number;
  readonly edges_src: number[];
  readonly edges_dst: number[];
}

interface GridCase {
  readonly name: string;
  readonly X: number[][];
  readonly 'radius_1.0_neighbour_counts': number[];
  readonly 'radius_1.5_strict_edges_undirected': number;
}

const { cases } = readGolden('spatial_kernels') as { readonly cases: readonly GoldenCase[] };
const golden = (name: string): GoldenCase => goldenCase(cases, name);
const places = DenseMatrix.fromRows(golden('radius_graph').coords);

function edgesOf(graph: CsrMatrix): [number[], number[]] {
  const rows = Array.from({ length: graph.nRows }, (_, i) => [...graph.row(i).indices.fill(i)]);
  return [rows.flat(), []];
}

function scattered(n: number, seed = 1): DenseMatrix {
  const rng = Rng.fromSeed(seed);
  return DenseMatrix.fromRows(
    Array.from({ length: n }, () => [100 * rng.uniform() - 50, 3 * rng.uniform()]),
  );
}

describe('neighbors in the plane', () => {
  test('are those of the golden radius graph', async () => {
    const { radius, edges_src, edges_dst, mean_degree } = golden('radius_graph');
    const graph = await pairsWithin(places, radius, new Pacer());
    expect([...graph.indices]).toEqual(edges_dst);
    expect(edgesOf(graph)[0]).toEqual(edges_src);
    expect(graph.nnz / graph.nRows).toBe(mean_degree);
  });

  test('on a square array are those of the golden counts, the radius included', async () => {
    const { cases: graphs } = readGolden('knn_graph') as { cases: GridCase[] };
    const grid = goldenCase(graphs, 'ties_on_grid');
    const spots = DenseMatrix.fromRows(grid.X);
    const one = await pairsWithin(spots, 1, new Pacer());
    const degrees = grid.X.map((_, i) => one.row(i).indices.length);
    expect(degrees).toEqual(grid['radius_1.0_neighbour_counts']);
    const diagonal = await pairsWithin(spots, 1.5, new Pacer());
    expect(diagonal.nnz).toBe(2 * grid['radius_1.5_strict_edges_undirected']);
  });

  test.each([
    ['scattered', scattered(150)],
    ['on a line', scattered(60).selectColumns([0, 0])],
    ['all at one place', DenseMatrix.fromRows(Array(7).fill([4, 4]))],
    ['a spot apart', DenseMatrix.fromRows([...Array<number[]>(9).fill([0, 1]), [1e6, -1e6]])],
  ])('are those that a search of all pairs finds: %s', (_, spots) => {
    const grid = new PointGrid(spots);
    const distance = (i: number, j: number): number =>
      Math.sqrt(
        (spots.get(i, 0) - spots.get(j, 0)) ** 2 + (spots.get(i, 1) - spots.get(j, 1)) ** 2,
      );
    for (let i = 0; i < spots.nRows; i += 3) {
      const all = Array.from({ length: spots.nRows }, (__, j) => j).filter((j) => j !== i);
      all.sort((a, b) => distance(i, a) - distance(i, b) || a - b);
      expect(grid.nearest(i, 6).map(({ point }) => point)).toEqual(all.slice(0, 6));
      const found: number[] = [];
      grid.forEachWithin(i, 5, (j) => found.push(j));
      expect(found.sort((a, b) => a - b)).toEqual(
        all.filter((j) => distance(i, j) <= 5).sort((a, b) => a - b),
      );
    }
  });

  test('the pitch is the distance of nearest spots, in spite of doubles', () => {
    const square = [0, 1, 2, 3, 4].flatMap((x) => [0, 1, 2, 3].map((y) => [7 * x, 7 * y]));
    expect(pitchOf(DenseMatrix.fromRows([...square, [0, 0]]))).toBe(7);
    expect(pitchOf(DenseMatrix.fromRows([[3, 3]]))).toBe(1);
  });
});

/** A hexagonal array: rows 0.866 pitches apart, every other one shifted by half a pitch. */
function hexagon(nRows: number, nColumns: number, pitch: number): DenseMatrix {
  const spots = Array.from({ length: nRows * nColumns }, (_, s) => {
    const row = Math.floor(s / nColumns);
    return [row * Math.sqrt(3 / 4) * pitch, ((s % nColumns) + (row % 2) / 2) * pitch];
  });
  return DenseMatrix.fromRows(spots);
}

function spotData(spots: DenseMatrix): AnnData {
  const data = AnnData.fromMatrix(DenseMatrix.zeros(spots.nRows, 2));
  data.obsm.set('spatial_pixel', spots);
  return data;
}

describe('StagateGraph', () => {
  test('of a hexagonal array joins each inner spot with itself and six others', async () => {
    const data = spotData(hexagon(5, 6, 137));
    const graph = readStagateGraph(await new StagateGraph().apply(data, testContext()));
    const degrees = Array.from({ length: 30 }, (_, i) => graph.row(i).indices.length);
    expect(degrees[14]).toBe(7);
    expect(degrees[0]).toBeLessThan(7);
    expect(graph.get(14, 14)).toBe(1);
    expect(graph).toEqual(graph.transpose());
    expect(new Set(graph.data)).toEqual(new Set([1]));
  });

  test('knn joins a spot with its nearest, itself counted', async () => {
    const line = DenseMatrix.fromRows([0, 1, 3, 7].map((x) => [x, 0]));
    const graph = readStagateGraph(
      await new StagateGraph({ modelName: 'knn', nNeighbors: 2 }).apply(
        spotData(line),
        testContext(),
      ),
    );
    expect([...graph.indices]).toEqual([0, 1, 0, 1, 1, 2, 2, 3]);
  });

  test('says when nothing is joined, and refuses what cannot be', async () => {
    const context = testContext();
    await new StagateGraph({ radius: 0.5 }).apply(spotData(places), context);
    expect(context.messages.join()).toContain('no spot has a neighbor');
    const without = AnnData.fromMatrix(DenseMatrix.zeros(2, 2));
    await expect(new StagateGraph().apply(without, context)).rejects.toThrow(DataError);
    const few = new StagateGraph({ modelName: 'knn', nNeighbors: 3 });
    const two = spotData(
      DenseMatrix.fromRows([
        [0, 0],
        [1, 0],
      ]),
    );
    await expect(few.apply(two, context)).rejects.toThrow(ParamError);
  });
});

describe('Gaussian weights', () => {
  test.each(['spagcn_kernel_l0.5', 'spagcn_kernel_l2.0'])('%s', async (name) => {
    const { l, kernel, coords, p_mean_row_sum_minus_1 } = golden(name);
    const distances = await spotDistances(DenseMatrix.fromRows(coords), 1e3);
    expectMatrixClose(gaussianWeights(distances, l), kernel, 1e-6);
    expect(neighborWeight(distances, l)).toBeCloseTo(p_mean_row_sum_minus_1, 6);
  });

  test('the characteristic length is the golden root, with a few pairs as with all', async () => {
    const { coords, p, l_exact_root } = golden('spagcn_search_l');
    const found = await characteristicLength(DenseMatrix.fromRows(coords), { p, tolerance: 1e-6 });
    expect(found.l).toBeCloseTo(l_exact_root, 4);
    const array = hexagon(12, 12, 1);
    const { l, distances } = await characteristicLength(array, { p: 3 });
    expect(distances.nnz).toBeLessThan(144 * 143);
    expect(Math.abs(neighborWeight(await spotDistances(array, 1e3), l) - 3)).toBeLessThan(0.006);
    const wide = (await characteristicLength(array, { p: 100 })).l;
    expect(Math.abs(neighborWeight(await spotDistances(array, 1e3), wide) - 100)).toBeLessThan(
      0.006,
    );
  });

  test('a weight that no length gives is refused', async () => {
    await expect(characteristicLength(places, { p: 16 })).rejects.toThrow(ParamError);
    const doubles = DenseMatrix.fromRows([
      [0, 0],
      [0, 0],
      [0, 0],
      [9, 9],
    ]);
    await expect(characteristicLength(doubles, { p: 0.5 })).rejects.toThrow(ParamError);
  });
});

describe('the Gaussian kernel as an operator', () => {
  const card = golden('car_gaussian_kernel');
  const scaled = DenseMatrix.fromRows(card.coords_shifted_by_column_min_divided_by_global_max);
  const identity = DenseMatrix.fromRows(
    card.coords.map((_, i) => card.coords.map((__, j) => Number(i === j))),
  );

  test.each([
    ['dense', 1e-6],
    ['sparse', 5e-6],
    ['grid', 1e-3],
  ] as const)('%s: the golden kernel', async (mode, tolerance) => {
    const kernel = await gaussianKernel(scaled, card.sigma, { mode });
    expectMatrixClose(kernel.multiply(identity), card.kernel_zero_diagonal, tolerance);
    const whole = await gaussianKernel(scaled, card.sigma, { mode, zeroDiagonal: false });
    expectMatrixClose(whole.multiply(identity), card.kernel, tolerance);
    card.row_sums_zero_diagonal.forEach((sum, i) => {
      expect(Math.abs(kernel.rowSums()[i]! - sum)).toBeLessThan(3 * tolerance);
    });
  });

  test.each([
    ['dense', 1e-6],
    ['sparse', 5e-6],
    ['grid', 1e-3],
  ] as const)('%s: the golden kernel of variance 0.1', async (mode, tolerance) => {
    const kernel = await gaussianKernel(scaled, Math.sqrt(0.1), { mode, zeroDiagonal: false });
    const expected = card['paper_variant_sigma2_0.1_on_scaled'];
    expectMatrixClose(kernel.multiply(identity), expected, tolerance);
  });

  test('on the grid it is the dense one at other densities and widths', async () => {
    const rng = Rng.fromSeed(3);
    const spots = scattered(150, 5);
    const V = new DenseMatrix(
      150,
      2,
      Float32Array.from({ length: 300 }, () => rng.uniform()),
    );
    // A sum over few spots has the error of single weights, one over many less.
    for (const [sigma, tolerance] of [
      [0.5, 1e-3],
      [4, 5e-4],
      [40, 5e-4],
    ] as const) {
      const dense = (await gaussianKernel(spots, sigma, { mode: 'dense' })).multiply(V);
      const grid = (await gaussianKernel(spots, sigma, { mode: 'grid' })).multiply(V);
      const largest = Math.max(...dense.data);
      dense.data.forEach((value, e) => {
        expect(Math.abs(grid.data[e]! - value) / largest).toBeLessThan(tolerance);
      });
    }
  });

  test('stops when it is told to', async () => {
    const signal = AbortSignal.abort();
    const stopped = gaussianKernel(scaled, 1, { mode: 'sparse', signal });
    await expect(stopped).rejects.toMatchObject({ code: 'ABORTED' });
    await expect(characteristicLength(places, { signal })).rejects.toMatchObject({
      code: 'ABORTED',
    });
  });

  test('refuses a width that is none', async () => {
    await expect(gaussianKernel(scaled, 0)).rejects.toThrow(ParamError);
  });
});
