import { AnnData } from '@dance-ts/core';
import { expect, test } from '@jest/globals';
import {
  cellWeights,
  CellFeatureGraph,
  Compose,
  FilterCellsScanpy,
  FilterGenesScanpy,
  HighlyVariableGenes,
  listTransforms,
  Log1P,
  NormalizeTotal,
  pipelineFromJson,
  pipelineRecord,
  readCellFeatureGraph,
  SetConfig,
} from './index.js';
import { randomCounts, snapshot, testContext } from './testing/data.js';

/** graph-sc's pipeline, from filters to the graph. */
function graphPipeline(): Compose {
  return new Compose([
    new FilterGenesScanpy({ minCounts: 3 }),
    new FilterCellsScanpy({ minCounts: 1 }),
    new NormalizeTotal(),
    new Log1P(),
    new HighlyVariableGenes({ flavor: 'cell_ranger', nTopGenes: 30 }),
    cellWeights('log_per_cell'),
    new CellFeatureGraph({ nComponents: 5 }),
    new SetConfig({ feature: [{ slot: 'uns', key: 'CellFeatureGraph' }] }),
  ]);
}

const counts = randomCounts(80, 60);

test('the pipeline of graph-sc gives a graph whose cells have mean edge weight 1', async () => {
  const data = AnnData.fromMatrix(counts);
  const before = snapshot(data);
  const result = await graphPipeline().apply(data, testContext());
  const { toCell, toGene, cellFeatures, geneFeatures } = readCellFeatureGraph(result);
  expect(result.nVars).toBeGreaterThanOrEqual(30);
  expect(cellFeatures.shape).toEqual([80, 5]);
  expect(geneFeatures.shape).toEqual([result.nVars, 5]);
  for (const edges of [toCell, toGene]) {
    edges.rowSums().forEach((sum, i) => {
      expect(sum).toBeCloseTo(edges.indptr[i + 1]! - edges.indptr[i]!, 4);
    });
  }
  expect(result.X.rowSums().every((sum) => Math.abs(sum - 1) < 1e-5)).toBe(true);
  expect(pipelineRecord(result).map((step) => step.name)).toEqual(
    graphPipeline().steps.map((step) => step.name),
  );
  expect(snapshot(data)).toEqual(before);
});

test('dense and sparse counts, and the pipeline from JSON, give the same bytes', async () => {
  const sparse = await graphPipeline().apply(AnnData.fromMatrix(counts), testContext());
  const again = pipelineFromJson(JSON.parse(JSON.stringify(graphPipeline().toJson())));
  const dense = await again.apply(AnnData.fromMatrix(counts.toDense()), testContext());
  expect(dense.varNames).toEqual(sparse.varNames);
  expect(readCellFeatureGraph(dense)).toEqual(readCellFeatureGraph(sparse));
});

test.each(listTransforms().map((transform) => [transform.spec.name, transform] as const))(
  '%s refuses an unknown parameter',
  (_, Transform) => {
    // Where a parameter is required, it is the first to be missed.
    const refusal = /no parameter "nonsense"|parameter ".*": got nothing/;
    expect(() => new Transform({ nonsense: 1 })).toThrow(refusal);
  },
);
