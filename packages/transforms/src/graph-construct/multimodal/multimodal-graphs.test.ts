import {
  AnnData,
  CsrMatrix,
  DataError,
  DenseMatrix,
  FormatError,
  ParamError,
} from '@dance-ts/core';
import { describe, expect, test } from '@jest/globals';
import { randomCounts, rowsOf, testContext } from '../../testing/data.js';
import { CellFeatureGraph } from '../cell-feature-graph.js';
import { readCellFeatureGraph } from '../cell-feature-graph-data.js';
import { PCACellFeatureGraph } from '../pca-cell-feature-graph.js';
import {
  CellFeatureBipartiteGraph,
  readCellFeatureBipartiteGraph,
} from './cell-feature-bipartite-graph.js';
import { parseGmt } from './pathway-graph.js';
import { readPathwayGraph, ScMoGNNGraph } from './scmognn-graph.js';

const counts = randomCounts(30, 6);
const geneNames = ['a', 'b', 'c', 'd', 'e', 'f'];
const data = AnnData.fromMatrix(counts, { varNames: geneNames });

describe('CellFeatureBipartiteGraph', () => {
  test('has the values of X in both directions, and no stored zero', async () => {
    const stored = new CsrMatrix(
      1,
      2,
      Int32Array.of(0, 2),
      Int32Array.of(0, 1),
      Float32Array.of(0, 3),
    );
    const made = await new CellFeatureBipartiteGraph().apply(
      AnnData.fromMatrix(stored),
      testContext(),
    );
    const { toCell, toFeature } = readCellFeatureBipartiteGraph(made);
    expect([toCell.nnz, toCell.get(0, 1), toFeature.get(1, 0)]).toEqual([1, 3, 3]);
  });

  test('can be of components, negative ones too', async () => {
    const view = data.view();
    const lsi = DenseMatrix.fromRows(Array.from({ length: 30 }, (_, i) => [i - 3.5, 1]));
    view.obsm.set('LSI', lsi);
    const made = await new CellFeatureBipartiteGraph({ channel: 'LSI' }).apply(view, testContext());
    expect(rowsOf(readCellFeatureBipartiteGraph(made).toCell)).toEqual(rowsOf(lsi));
    const missing = new CellFeatureBipartiteGraph({ channel: 'LSI' }).apply(data, testContext());
    await expect(missing).rejects.toThrow(DataError);
    expect(() => readCellFeatureBipartiteGraph(made.subset({ obs: [0, 1] }))).toThrow(
      /fit the cells/,
    );
  });
});

describe('ScMoGNNGraph', () => {
  const geneSets = { one: ['a', 'c', 'e', 'not measured'], two: ['c', 'e', 'f'], three: ['b'] };
  const columns = rowsOf(counts.transpose());
  const cosine = (a: number[], b: number[]): number =>
    a.reduce((sum, value, i) => sum + value * b[i]!, 0) / (Math.hypot(...a) * Math.hypot(...b));
  const edges = [
    [0, 2, 1],
    [0, 4, 1],
    [2, 4, 2],
    [2, 5, 1],
    [4, 5, 1],
  ] as const;

  test('joins genes once for each pathway they share', async () => {
    const made = await new ScMoGNNGraph({ geneSets, pathwayThreshold: -1 }).apply(
      data,
      testContext(),
    );
    const pathway = readPathwayGraph(made);
    expect(pathway?.degrees).toEqual(Int32Array.of(2, 0, 4, 0, 4, 2));
    expect(pathway?.weights.nnz).toBe(10);
    for (const [g, h, n] of edges) {
      const weight = n * cosine(columns[g]!, columns[h]!);
      expect(pathway?.weights.get(g, h)).toBeCloseTo(weight, 5);
      expect(pathway?.weights.get(h, g)).toBeCloseTo(weight, 5);
    }
    expect(readCellFeatureBipartiteGraph(made, 'ScMoGNNGraph').toCell).toEqual(counts);
  });

  test('looks at training cells only, and leaves weak edges out', async () => {
    const train = Int32Array.from({ length: 12 }, (_, i) => 2 * i);
    const view = data.view();
    view.splits = { ...data.splits, train };
    const seen = columns.map((values) => [...train].map((cell) => values[cell]!));
    const pathwayThreshold = 0.4;
    const made = await new ScMoGNNGraph({ geneSets, pathwayThreshold }).apply(view, testContext());
    const kept = edges.filter(([g, h]) => cosine(seen[g]!, seen[h]!) > pathwayThreshold);
    expect(kept.length).toBeGreaterThan(0);
    expect(kept.length).toBeLessThan(edges.length);
    expect(readPathwayGraph(made)?.weights.nnz).toBe(2 * kept.length);
  });

  test('weighs by correlation or evenly, and does without pathways', async () => {
    const one = await new ScMoGNNGraph({ geneSets, pathwayWeight: 'one' }).apply(
      data,
      testContext(),
    );
    expect(readPathwayGraph(one)?.weights.get(4, 2)).toBe(2);
    const other = new ScMoGNNGraph({ geneSets, pathwayWeight: 'pearson', pathwayThreshold: -1 });
    const pearson = readPathwayGraph(await other.apply(data, testContext()));
    const center = (values: number[]): number[] => {
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      return values.map((value) => value - mean);
    };
    const r = cosine(center(columns[0]!), center(columns[2]!));
    expect(pearson?.weights.get(0, 2)).toBeCloseTo(r, 5);
    expect(readPathwayGraph(await new ScMoGNNGraph().apply(data, testContext()))).toBeUndefined();
    const foreign = new ScMoGNNGraph({ geneSets: { x: ['ENSG1'] } }).apply(data, testContext());
    await expect(foreign).rejects.toThrow(ParamError);
    expect(() => readPathwayGraph(one.subset({ var: [0] }))).toThrow(/fit the genes/);
    expect(() => readPathwayGraph(data)).toThrow(DataError);
  });
});

test('GMT files give pathways', () => {
  const text = 'HYPOXIA\thttp://x\tA\tB\r\n\nGLYCOLYSIS\t\tC\t\n';
  expect(parseGmt(text)).toEqual({ HYPOXIA: ['A', 'B'], GLYCOLYSIS: ['C'] });
  expect(() => parseGmt('A\tB\tC\nD E F')).toThrow(FormatError);
});

test('PCACellFeatureGraph is CellFeatureGraph with other defaults', async () => {
  const made = await new PCACellFeatureGraph({ nComponents: 3 }).apply(data, testContext());
  const options = { nComponents: 3, featNormMode: 'none' } as const;
  const expected = await new CellFeatureGraph(options).apply(data, testContext());
  expect(readCellFeatureGraph(made)).toEqual(readCellFeatureGraph(expected));
});
