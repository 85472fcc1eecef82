import { describe, expect, test } from '@jest/globals';
import {
  AnnData,
  categoricalFromStrings,
  DataError,
  DenseMatrix,
  numericColumn,
  ParamError,
  Table,
} from '@dance-ts/core';
import { loadSpatialDomain } from './load-spatial-domain.node.js';
import { prepareSpots } from './spatial-data.js';
import { simulateSpatial } from './simulate/spatial.js';

function spots(positions: number[][], labels: (string | null)[]): AnnData {
  const obs = Table.withGeneratedIndex(positions.length, 'spot')
    .set('layer', categoricalFromStrings(labels))
    .set('array_row', numericColumn(Int32Array.from(positions.keys())))
    .set('array_col', numericColumn(Int32Array.from(positions, (_, i) => 2 * i)));
  const X = DenseMatrix.zeros(positions.length, 1);
  const obsm: [string, DenseMatrix][] = [['spatial', DenseMatrix.fromRows(positions)]];
  return new AnnData({ X, obs, var: new Table(['g']), obsm });
}

describe('prepareSpots', () => {
  test('adds row and column on the slide and the label; the data stay as they were', () => {
    const data = spots(
      [
        [5, 1],
        [7, 2],
      ],
      ['L1', null],
    );
    const ready = prepareSpots(data, 'layer');
    expect(ready.obsm.get('spatial_array')).toEqual(
      DenseMatrix.fromRows([
        [0, 0],
        [1, 2],
      ]),
    );
    expect(ready.channels.label).toEqual({ slot: 'obs', key: 'layer' });
    expect([...data.obsm.keys()]).toEqual(['spatial']);
    expect(data.channels.label).toBeUndefined();
  });

  test('keeps the places of simulated spots', async () => {
    const small = { nRows: 4, nColumns: 5, nGenes: 3, refPerType: 1, nMark: 0 };
    const made = (await simulateSpatial(small)).spots;
    const ready = prepareSpots(made, 'layer');
    expect(ready.obsm.get('spatial_array')).toBe(made.obsm.get('spatial_array'));
    made.obsm.delete('spatial_array');
    expect(prepareSpots(made).obsm.get('spatial_array')).toEqual(ready.obsm.get('spatial_array'));
  });

  test('refuses data without positions, without labels, or with a position that is no number', () => {
    const data = spots(
      [
        [5, 1],
        [7, NaN],
      ],
      [null, null],
    );
    expect(() => prepareSpots(data)).toThrow(/not finite.*spot_00001/);
    const whole = spots(
      [
        [5, 1],
        [7, 2],
      ],
      [null, null],
    );
    expect(() => prepareSpots(whole, 'layer')).toThrow(/labels no spot/);
    whole.obsm.clear();
    expect(() => prepareSpots(whole)).toThrow(DataError);
  });
});

test('a data set of another task is refused with those that fit', async () => {
  await expect(loadSpatialDomain('worm_neuron')).rejects.toThrow(ParamError);
  await expect(loadSpatialDomain('worm_neuron')).rejects.toThrow(/dlpfc_151673/);
});

const dataDir = process.env['DANCE_DATA_DIR'];
const onRealData = dataDir === undefined ? test.skip : test;
if (dataDir === undefined) console.warn('tests on real data skipped: DANCE_DATA_DIR is not set');

onRealData('a slice of the cortex: neighbors on the slide are neighbors in the image', async () => {
  const data = await loadSpatialDomain('dlpfc_151507', { dataDir });
  const [pixels, slide] = ['spatial', 'spatial_array'].map((key) => data.obsm.get(key));
  if (!(pixels instanceof DenseMatrix) || !(slide instanceof DenseMatrix))
    throw new Error('places');
  const spotAt = new Map(
    Array.from({ length: slide.nRows }, (_, s) => [`${slide.get(s, 0)},${slide.get(s, 1)}`, s]),
  );
  const distances = Array.from({ length: slide.nRows }, (_, s) => {
    const next = spotAt.get(`${slide.get(s, 0)},${slide.get(s, 1) + 2}`);
    if (next === undefined) return [];
    return [
      Math.hypot(pixels.get(s, 0) - pixels.get(next, 0), pixels.get(s, 1) - pixels.get(next, 1)),
    ];
  }).flat();
  expect(distances.length).toBeGreaterThan(4000);
  expect(Math.max(...distances) / Math.min(...distances)).toBeLessThan(1.05);
});
