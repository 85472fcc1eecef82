import { AnnData, DataError, DenseMatrix } from '@dance-ts/core';
import { expect, test } from '@jest/globals';
import { snapshot, testContext } from '../../testing/data.js';
import { expectClose } from '../../testing/matchers.js';
import { MorphologyFeature } from './morphology-feature.js';
import { colorFeatures, tileOf } from './tile-colors.js';
import { textureFeatures } from './tile-textures.js';

type Color = readonly [number, number, number];

function tile(height: number, width: number, color: (r: number, c: number) => Color) {
  const colors = Array.from({ length: height * width }, (_, p) =>
    color(Math.floor(p / width), p % width),
  );
  return tileOf(Float64Array.from(colors.flat()), height, width);
}

const gray = (value: number): Color => [value, value, value];

test('pure stains are told apart', () => {
  const length = Math.hypot(0.65, 0.7, 0.29);
  const stained = [0.65, 0.7, 0.29].map((part) => Math.exp((-0.9 * part) / length));
  const features = colorFeatures(tile(4, 4, () => [stained[0]!, stained[1]!, stained[2]!]));
  expect(features).toHaveLength(52);
  expect(features[21]).toBeCloseTo(0.9, 10); // hematoxylin
  expect(features[28]).toBeCloseTo(0, 10); // eosin
  expectClose(features.slice(35, 43), [0, 0, 0, 1, 0, 0, 0, 0], 1e-12);
});

test('summary of a channel and the share of dark pixels', () => {
  // a quarter of the pixels is dark: mean .65, deviation .2 sqrt(3), skewness -2 / sqrt(3)
  const features = colorFeatures(tile(4, 4, (r) => gray(r === 0 ? 0.05 : 0.85)));
  const red = [0.65, 0.2 * Math.sqrt(3), -2 / Math.sqrt(3), 0.05, 0.85, 0.85, 0.85];
  expectClose(features.slice(0, 3), red.slice(0, 3), 1e-10);
  expect(features[3]).toBe(0.05);
  expectClose(features.slice(5, 7), red.slice(5), 1e-12);
  expect(features[51]).toBeCloseTo(0.25, 10);
});

test('texture of a single color', () => {
  const flat = [0, 1, 1, 0, 0];
  const patterns = [0, 0, 0, 0, 0, 0, 0, 0, 1, 0];
  const expected = [...flat, ...flat, ...patterns, ...new Array<number>(10).fill(0)];
  expectClose(textureFeatures(tile(6, 6, () => gray(0.5))), expected, 1e-12);
});

test('texture of a checkerboard', () => {
  const board = tile(8, 8, (r, c) => gray((r + c) % 2 === 0 ? 0 : 1));
  const features = textureFeatures(board);
  // pairs along rows and columns differ by 15 levels, those along diagonals do not
  const half = (15 ** 2 * 2) / 4;
  const homogeneity = (2 / (1 + 15 ** 2) + 2) / 4;
  const expected = [half, homogeneity, 0.5, 0, Math.log(2)];
  expectClose(features.slice(0, 5), expected, 0.02);
  // around white pixels the pattern changes 8 times; around black ones all 8 are at least as bright
  expectClose(features.slice(10, 20), [0, 0, 0, 0, 0, 0, 0, 0, 0.5, 0.5], 1e-12);
});

test('orientation and size of a slope', () => {
  const right = textureFeatures(tile(5, 5, (_, c) => gray(0.1 * c))).slice(20);
  expectClose(right, [1, 0, 0, 0, 0, 0, 0, 0, 0, 0.1], 1e-9);
  const down = textureFeatures(tile(5, 5, (r) => gray(0.2 * r))).slice(20);
  expectClose(down, [0, 0, 0, 0, 1, 0, 0, 0, 0, 0.2], 1e-9);
});

/** 6 x 6 spots 10 pixels apart: plain tissue on the left, striped on the right. */
function section(bright = 255): AnnData {
  const [side, step] = [6, 10];
  const size = side * step;
  const values = Float32Array.from({ length: size * size * 3 }, (_, k) => {
    const pixel = Math.floor(k / 3);
    const [r, c] = [Math.floor(pixel / size), pixel % size];
    return bright * (c < size / 2 ? 0.8 : 0.2 + 0.5 * (r % 2));
  });
  const places = Array.from({ length: side * side }, (_, i) => [
    Math.floor(i / side) * step + 5,
    (i % side) * step + 5,
  ]);
  const data = AnnData.fromMatrix(DenseMatrix.zeros(side * side, 1));
  data.obsm.set('spatial_pixel', DenseMatrix.fromRows(places));
  data.uns.set('image', { kind: 'ndarray', shape: [size, size, 3], data: values });
  return data;
}

test('spots are told apart by their tissue, whatever the range of values', async () => {
  const data = section();
  const before = snapshot(data);
  const transform = new MorphologyFeature({ nComponents: 3 });
  const features = (await transform.apply(data, testContext())).obsm.get(
    'MorphologyFeatureCNN',
  ) as DenseMatrix;
  expect([features.nRows, features.nCols]).toEqual([36, 3]);
  const first = Array.from({ length: 36 }, (_, i) => features.get(i, 0));
  const sideOf = (i: number): number => (i % 6 < 3 ? first[0]! : first[5]!);
  expect(Math.abs(first[0]! - first[5]!)).toBeGreaterThan(5);
  expectClose(
    first,
    Array.from(first, (_, i) => sideOf(i)),
    1e-3,
  );
  expect(snapshot(data)).toEqual(before);
  const unit = (await transform.apply(section(1), testContext())).obsm.get(
    'MorphologyFeatureCNN',
  ) as DenseMatrix;
  expectClose(
    Array.from({ length: 36 }, (_, i) => unit.get(i, 0)),
    first,
    1e-3,
  );
});

test('refuses data without an image, and spots outside of it', async () => {
  const without = section();
  without.uns.delete('image');
  await expect(new MorphologyFeature().apply(without, testContext())).rejects.toThrow(DataError);
  const outside = section();
  const far = Array.from({ length: 36 }, (_, i) => [i * 1000, 0]);
  outside.obsm.set('spatial_pixel', DenseMatrix.fromRows(far));
  const transform = new MorphologyFeature({ cropSize: 5 });
  await expect(transform.apply(outside, testContext())).rejects.toThrow(/outside of the image/);
});
