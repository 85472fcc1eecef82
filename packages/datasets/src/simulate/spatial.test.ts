import { describe, expect, test } from '@jest/globals';
import { DenseMatrix, ParamError, Rng, toCsr, type AnnData, type NdArray } from '@dance-ts/core';
import { randomFields } from './random-field.js';
import { simulateSpatial } from './spatial.js';

const SMALL = { nRows: 12, nColumns: 10, nGenes: 60, refPerType: 3, nMark: 4 };

function embedding(data: AnnData, key: string): DenseMatrix {
  const found = data.obsm.get(key);
  if (!(found instanceof DenseMatrix)) throw new Error(`obsm["${key}"] is no dense matrix`);
  return found;
}

describe('randomFields', () => {
  test('mean 0, standard deviation 1, correlated as a Gaussian kernel of the distance', () => {
    const n = 40;
    const x = Float64Array.from({ length: n * n }, (_, i) => i % n);
    const y = Float64Array.from({ length: n * n }, (_, i) => Math.floor(i / n));
    const fields = randomFields(x, y, 3, 30, Rng.fromSeed(0));
    const at = (i: number, f: number): number => fields[i * 30 + f]!;
    const covariance = (distance: number): number => {
      let [sum, count] = [0, 0];
      for (let i = 0; i < n * n; i++) {
        if ((i % n) + distance >= n) continue;
        for (let f = 0; f < 30; f++) sum += at(i, f) * at(i + distance, f);
        count += 30;
      }
      return sum / count;
    };
    expect(covariance(0)).toBeCloseTo(1, 6);
    expect(Math.abs(covariance(1) - Math.exp(-1 / 18))).toBeLessThan(0.03);
    expect(Math.abs(covariance(3) - Math.exp(-0.5))).toBeLessThan(0.1);
    expect(Math.abs(covariance(9))).toBeLessThan(0.15);
  });
});

describe('the section', () => {
  test('is a hexagonal lattice with layers in the shares of slice 151673', async () => {
    const { spots } = await simulateSpatial({ nGenes: 1, nMark: 0, refPerType: 1, domGenes: 0 });
    const { codes, categories } = spots.labels('layer');
    const sizes = new Array<number>(7).fill(0);
    for (const code of codes) sizes[code]! += 1;
    expect(categories).toHaveLength(7);
    expect(sizes).toEqual([76, 71, 276, 61, 188, 193, 143]);
    const positions = embedding(spots, 'spatial');
    const distance = (a: number, b: number): number =>
      Math.hypot(
        positions.get(a, 0) - positions.get(b, 0),
        positions.get(a, 1) - positions.get(b, 1),
      );
    for (const neighbor of [40, 42, 5, 6, 77, 78])
      expect(distance(41, neighbor)).toBeCloseTo(20, 3);
    expect(Array.from(embedding(spots, 'spatial_array').row(41))).toEqual([1, 11]);
  });

  test('layers lie in order of depth and each has most of its own type', async () => {
    const { spots } = await simulateSpatial({ ...SMALL, nRows: 28, nColumns: 36, tau: 0.2 });
    const { codes } = spots.labels('layer');
    const proportions = embedding(spots, 'proportions');
    const positions = embedding(spots, 'spatial');
    const rowsOf = (layer: number): number[] => [...codes.keys()].filter((s) => codes[s] === layer);
    const meanOf = (matrix: DenseMatrix, rows: number[], column: number): number =>
      rows.reduce((sum, row) => sum + matrix.get(row, column), 0) / rows.length;
    const depths = [0, 1, 2, 3, 4, 5, 6].map((layer) => meanOf(positions, rowsOf(layer), 1));
    expect(depths).toEqual([...depths].sort((a, b) => a - b));
    for (let layer = 0; layer < 7; layer++) {
      const inside = meanOf(proportions, rowsOf(layer), layer);
      const outside = meanOf(proportions, rowsOf((layer + 3) % 7), layer);
      expect(inside).toBeGreaterThan(1.5 * outside);
    }
  });

  test('proportions are cells over all cells of the spot', async () => {
    const { spots } = await simulateSpatial(SMALL);
    const proportions = embedding(spots, 'proportions');
    const cells = spots.obs.get('n_cells');
    if (cells.kind !== 'numeric') throw new Error('n_cells is not numeric');
    proportions.rowSums().forEach((sum, s) => {
      expect(sum).toBeCloseTo(1, 5);
      for (const share of proportions.row(s)) {
        const count = share * cells.values[s]!;
        expect(Math.abs(count - Math.round(count))).toBeLessThan(1e-4);
      }
    });
    const mean = Array.from(cells.values).reduce((sum, count) => sum + count, 0) / 120;
    expect(Math.abs(mean - 8)).toBeLessThan(4 * Math.sqrt(7 / 120));
    expect(spots.uns.get('proportion_names')).toHaveLength(10);
  });

  test('counts are whole, captured down to the target', async () => {
    const { spots, reference } = await simulateSpatial({ ...SMALL, targetUmi: 500 });
    for (const data of [spots, reference]) {
      expect(toCsr(data.X).data.every((value) => Number.isInteger(value) && value > 0)).toBe(true);
    }
    const totals = spots.X.rowSums();
    const mean = totals.reduce((sum, total) => sum + total, 0) / totals.length;
    expect(mean / 500).toBeGreaterThan(0.8);
    expect(mean / 500).toBeLessThan(1.3);
  });

  test('more genes leave geometry and composition as they were; the seed changes them', async () => {
    const a = (await simulateSpatial(SMALL)).spots;
    const b = (await simulateSpatial({ ...SMALL, nGenes: 70 })).spots;
    const c = (await simulateSpatial({ ...SMALL, seed: 2 })).spots;
    expect(b.labels('layer')).toEqual(a.labels('layer'));
    expect(embedding(b, 'proportions')).toEqual(embedding(a, 'proportions'));
    expect(embedding(c, 'proportions')).not.toEqual(embedding(a, 'proportions'));
  });

  test('needs a type for each layer', async () => {
    await expect(simulateSpatial({ nTypes: 5 })).rejects.toThrow(ParamError);
    await expect(simulateSpatial({ ...SMALL, nTypes: 5, nLayers: 5 })).resolves.toBeDefined();
  });
});

describe('the image', () => {
  const options = { ...SMALL, nRows: 21, nColumns: 14, pitch: 8, image: true };

  test('has the pixels of the positions; layers differ in stain, nuclei are dark', async () => {
    const { spots } = await simulateSpatial(options);
    const image = spots.uns.get('image') as NdArray;
    expect(image.shape).toEqual([Math.ceil((20 * Math.sqrt(3) * 8) / 2 + 16), 124, 3]);
    const [, width = 0] = image.shape;
    const positions = embedding(spots, 'spatial');
    const { codes } = spots.labels('layer');
    const red = (layer: number): number => {
      const values = [...codes.keys()]
        .filter((s) => codes[s] === layer)
        .flatMap((s) => {
          const [x = 0, y = 0] = positions.row(s);
          const pixel = (dx: number): number =>
            image.data[(Math.round(y) * width + Math.round(x) + dx) * 3]!;
          // Brighter than a nucleus, whatever the stain.
          return [-3, 0, 3].map(pixel).filter((value) => value > 130);
        });
      return values.reduce((sum, value) => sum + value, 0) / values.length;
    };
    // Stain of layers 7, 6 and 1: 0.35, 0.58 and 0.75.
    expect(red(6)).toBeGreaterThan(red(5) + 5);
    expect(red(5)).toBeGreaterThan(red(0) + 5);
    const dark = Array.from(image.data).filter((value, e) => e % 3 === 0 && value < 90).length;
    expect(dark).toBeGreaterThan(500);
  });

  test('changes no counts and is the same each time', async () => {
    const [a, b] = [await simulateSpatial(options), await simulateSpatial(options)];
    const without = await simulateSpatial({ ...options, image: false });
    expect(a.spots.X).toEqual(without.spots.X);
    expect(without.spots.uns.has('image')).toBe(false);
    expect(a.spots.uns.get('image')).toEqual(b.spots.uns.get('image'));
  });
});
