import { describe, expect, test } from '@jest/globals';
import {
  AnnData,
  categoricalFromStrings,
  DataError,
  DenseMatrix,
  ParamError,
  Table,
} from '@dance-ts/core';
import { describeDataset } from './catalogue/catalogue.js';
import { listDeconvolutionSets } from './catalogue/deconvolution-sets.js';
import { pairReferenceSpots, type DeconvolutionData } from './deconvolution-data.js';
import { loadDeconvolution } from './load-deconvolution.node.js';

function reference(types: (string | null)[], genes = ['a', 'b', 'c']): AnnData {
  const X = DenseMatrix.fromRows(types.map((_, i) => genes.map((_, g) => i + g)));
  const obs = Table.withGeneratedIndex(types.length, 'cell');
  obs.set('cell_type', categoricalFromStrings(types));
  return new AnnData({ X, obs, var: new Table(genes) });
}

function spots(shares: number[][], names: string[], genes = ['c', 'a', 'z']): AnnData {
  const X = DenseMatrix.fromRows(shares.map((_, i) => genes.map((_, g) => 10 * i + g)));
  return new AnnData({
    ...{ X, obs: Table.withGeneratedIndex(shares.length, 'spot'), var: new Table(genes) },
    obsm: [['proportions', DenseMatrix.fromRows(shares)]],
    uns: new Map([['proportion_names', names]]),
  });
}

describe('pairReferenceSpots', () => {
  const shares = [
    [0.25, 0.75],
    [1, 0],
  ];

  test('cuts to shared genes in the order of the spots, types in alphabetical order', () => {
    const data = pairReferenceSpots(reference(['T', 'B', 'T', null]), spots(shares, ['T', 'B']));
    expect(data.cellTypes).toEqual(['B', 'T']);
    expect(data.reference.varNames).toEqual(['c', 'a']);
    expect(data.spots.varNames).toEqual(['c', 'a']);
    expect(Array.from(data.reference.X.toDense().data)).toEqual([2, 0, 3, 1, 4, 2]);
    expect(Array.from(data.proportions?.data ?? [])).toEqual([0.75, 0.25, 0, 1]);
    expect(data.reference.labels('cell_type').categories).toEqual(['B', 'T']);
  });

  test('types of one side only: left out, or kept with proportion 0', () => {
    const cells = reference(['T', 'B', 'NK']);
    const truth = spots(shares, ['T', 'B']);
    expect(pairReferenceSpots(cells, truth).cellTypes).toEqual(['B', 'T']);
    expect(pairReferenceSpots(cells, truth).reference.nObs).toBe(2);
    const all = pairReferenceSpots(cells, truth, { commonTypesOnly: false });
    expect(all.cellTypes).toEqual(['B', 'NK', 'T']);
    expect(Array.from(all.proportions?.row(0) ?? [])).toEqual([0.75, 0, 0.25]);
  });

  test('unknown proportions stay unknown', () => {
    const bare = spots(shares, ['T', 'B']);
    bare.obsm.clear();
    expect(pairReferenceSpots(reference(['T', 'B']), bare).proportions).toBeUndefined();
  });

  test('spots that are reference cells are left out', () => {
    const mixed = spots(shares, ['T', 'B']);
    const named = new AnnData({
      ...{ X: mixed.X, obs: new Table(['cell0', 'spot1']), var: mixed.var },
      ...{ obsm: mixed.obsm, uns: mixed.uns },
    });
    const cells = reference(['T', 'B']);
    const known = new Set(cells.obsNames);
    const data = pairReferenceSpots(cells, named);
    expect(data.spots.obsNames.some((name) => known.has(name))).toBe(false);
    expect(data.proportions?.nRows).toBe(data.spots.nObs);
  });

  test.each([
    ['do not sum to 1', spots([[0.5, 0.2]], ['T', 'B']), /not proportions.*0\.7/],
    ['are negative', spots([[1.5, -0.5]], ['T', 'B']), /not proportions/],
    ['have no names', spots([[0.5, 0.5]], ['T']), /no names for its columns/],
    ['are of other types', spots([[0.5, 0.5]], ['X', 'Y']), /share no cell type.*X, Y/],
    ['are on other genes', spots([[0.5, 0.5]], ['T', 'B'], ['q', 'r', 's']), /share no gene/],
  ])('refuses proportions that %s', (_, data, message) => {
    expect(() => pairReferenceSpots(reference(['T', 'B']), data)).toThrow(DataError);
    expect(() => pairReferenceSpots(reference(['T', 'B']), data)).toThrow(message);
  });

  test('refuses a reference without labels', () => {
    const data = spots([[0.5, 0.5]], ['T', 'B']);
    expect(() => pairReferenceSpots(reference([null, null]), data)).toThrow(/labels no/);
  });
});

/** Proportions by least squares on the means of the types, by multiplicative updates. */
function leastSquares({ reference: cells, spots: mixed, ...rest }: DeconvolutionData): DenseMatrix {
  const { cellTypes, labelKey } = rest;
  const nTypes = cellTypes.length;
  const { codes } = cells.labels(labelKey);
  const means = DenseMatrix.zeros(nTypes, cells.nVars);
  const counts = new Float64Array(nTypes);
  for (const code of codes) counts[code]! += 1;
  const X = cells.X.toDense();
  codes.forEach((type, i) => {
    X.row(i).forEach((value, g) => (means.row(type)[g]! += value / counts[type]!));
  });
  const dot = (a: Float32Array, b: Float32Array): number =>
    a.reduce((sum, value, g) => sum + value * b[g]!, 0);
  const gram = cellTypes.map((_, s) => cellTypes.map((_, t) => dot(means.row(s), means.row(t))));
  const Y = mixed.X.toDense();
  const shares = DenseMatrix.zeros(mixed.nObs, nTypes);
  for (let s = 0; s < mixed.nObs; s++) {
    const targets = cellTypes.map((_, t) => dot(means.row(t), Y.row(s)));
    let weights = cellTypes.map(() => 1);
    for (let step = 0; step < 300; step++) {
      weights = weights.map((weight, t) => {
        const fitted = weights.reduce((sum, other, u) => sum + other * gram[t]![u]!, 0);
        return (weight * targets[t]!) / (fitted + 1e-12);
      });
    }
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    weights.forEach((weight, t) => (shares.row(s)[t] = weight / total));
  }
  return shares;
}

function meanSquaredError(a: DenseMatrix, predict: (spot: number, type: number) => number): number {
  const errors = a.data.map((value, e) => {
    return (value - predict(Math.floor(e / a.nCols), e % a.nCols)) ** 2;
  });
  return errors.reduce((sum, error) => sum + error, 0) / errors.length;
}

test('sim-deconvolution: a plain method scores as expected', async () => {
  const data = await loadDeconvolution('sim-deconvolution');
  const { proportions, cellTypes, spots: mixed, reference: cells } = data;
  if (proportions === undefined) throw new Error('there is no truth');
  expect([mixed.nObs, mixed.nVars, cells.nObs, cellTypes.length]).toEqual([400, 600, 800, 10]);
  expect(mixed.obsm.has('spatial')).toBe(true);
  const uniform = meanSquaredError(proportions, () => 1 / cellTypes.length);
  const found = leastSquares(data);
  const error = meanSquaredError(proportions, (s, t) => found.get(s, t));
  expect(uniform).toBeGreaterThan(0.018);
  expect(uniform).toBeLessThan(0.032);
  expect(error).toBeGreaterThan(0.003);
  expect(error).toBeLessThan(uniform / 1.5);
});

test('sets of the catalogue refer to its data sets; another name lists them', async () => {
  for (const set of listDeconvolutionSets()) {
    expect(describeDataset(set.spots).task).toBe('cell-type-deconvo');
    expect(describeDataset(set.reference).labelKey).toBe('cell_type');
  }
  await expect(loadDeconvolution('GSE174746')).rejects.toThrow(ParamError);
  await expect(loadDeconvolution('GSE174746')).rejects.toThrow(/one of .*gse174746/);
});

const dataDir = process.env['DANCE_DATA_DIR'];
const onRealData = dataDir === undefined ? test.skip : test;
if (dataDir === undefined) console.warn('tests on real data skipped: DANCE_DATA_DIR is not set');

onRealData.each([
  ['gse174746', 40, 16, 2],
  ['retrofit_cerebellum', 1000, 300, 10],
  ['mob_synthetic', 260, 2277, 5],
])('%s: %d spots, %d cells, %d types', async (name, nSpots, nCells, nTypes) => {
  const data = await loadDeconvolution(name, { dataDir });
  expect([data.spots.nObs, data.reference.nObs, data.cellTypes.length]).toEqual([
    ...[nSpots, nCells, nTypes],
  ]);
  expect(data.proportions?.shape).toEqual([nSpots, nTypes]);
});
