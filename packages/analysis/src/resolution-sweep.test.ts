import { describe, expect, test } from '@jest/globals';
import {
  AbortError,
  AnnData,
  DataError,
  DenseMatrix,
  ParamError,
  Rng,
  silentReporter,
  Table,
  type CategoricalColumn,
} from '@dance-ts/core';
import { adjustedRandIndex, silhouetteScore } from '@dance-ts/metrics';
import { leiden, nearestNeighbors, umapConnectivities } from '@dance-ts/ml';
import {
  resolutionSweep,
  suggestedStep,
  type ResolutionSweep,
  type ResolutionSweepOptions,
} from './resolution-sweep.js';
import { resolutionSweepTable } from './resolution-sweep-table.js';

const GROUPS = 4;

/** Four groups of 30 cells each, at the corners of a square. */
function example(): { data: AnnData; labels: Int32Array; X: DenseMatrix } {
  const rng = Rng.fromSeed(1);
  const labels = Int32Array.from({ length: 120 }, (_, i) => i % GROUPS);
  const X = DenseMatrix.zeros(labels.length, 2);
  labels.forEach((label, i) => {
    X.row(i)[0] = rng.normal() + 9 * (label % 2);
    X.row(i)[1] = rng.normal() + 9 * Math.floor(label / 2);
  });
  const data = AnnData.fromMatrix(X);
  data.obsm.set('X_pca', X);
  return { data, labels, X };
}

const sweepOf = (data: AnnData, options: ResolutionSweepOptions = {}): Promise<ResolutionSweep> =>
  resolutionSweep(data, {
    ...{ resolutions: [4, 0.5], nBootstraps: 4, reporter: silentReporter },
    ...options,
  });

describe('resolutionSweep', () => {
  test.each(['leiden', 'louvain'] as const)('%s: finds the groups there are', async (method) => {
    const { data, labels, X } = example();
    const { steps, suggested } = await sweepOf(data, { method });
    expect(steps.map(({ resolution }) => resolution)).toEqual([0.5, 4]);
    const [coarse, fine] = steps;
    expect(suggested).toBe(coarse);
    expect(coarse).toMatchObject({ nClusters: GROUPS, stability: 1, stabilityError: 0 });
    expect(adjustedRandIndex(labels, coarse?.labels ?? [])).toBe(1);
    expect(coarse?.silhouette).toBeCloseTo(await silhouetteScore(X, labels), 6);
    expect(fine?.nClusters).toBeGreaterThan(2 * GROUPS);
    expect(fine?.stability).toBeLessThan(0.9);
    expect(fine?.stabilityError).toBeGreaterThan(0);
    expect(fine?.silhouette).toBeLessThan(coarse?.silhouette ?? 0);
  });

  test('a graph that is there already gives its own clusters and modularity', async () => {
    const { data, X } = example();
    const graph = umapConnectivities(await nearestNeighbors(X, { k: 14 }));
    data.obsp.set('connectivities', graph);
    const options = { connectivities: 'connectivities', resolutions: [0.5] };
    const [step] = (await sweepOf(data, options)).steps;
    const expected = await leiden(graph, { rng: Rng.fromSeed(8), resolution: 0.5 });
    expect(step?.labels).toEqual(expected.labels);
    expect(step?.modularity).toBeCloseTo(expected.modularity, 12);
    expect(step?.stability).toBe(1);
    expect(step?.silhouette).toBeGreaterThan(0.5);
    data.obsm.clear();
    const [bare] = (await sweepOf(data, options)).steps;
    expect(bare?.silhouette).toBeNaN();
    expect(bare).toMatchObject({ stability: 1, nClusters: GROUPS });
  });

  test('the same seed gives the same result, another one another', async () => {
    const runs = [];
    for (const seed of [1, 1, 2]) runs.push(await sweepOf(example().data, { seed }));
    expect(runs[1]).toEqual(runs[0]);
    expect(runs[2]?.steps[1]?.stability).not.toBe(runs[0]?.steps[1]?.stability);
  });

  test('the silhouette of some of the cells is near that of all', async () => {
    const [step] = (await sweepOf(example().data, { silhouetteCells: 60, resolutions: [0.5] }))
      .steps;
    const [all] = (await sweepOf(example().data, { resolutions: [0.5] })).steps;
    expect(step?.silhouette).not.toBe(all?.silhouette);
    expect(Math.abs((step?.silhouette ?? 0) - (all?.silhouette ?? 1))).toBeLessThan(0.1);
  });

  test('writes nothing unless told where to', async () => {
    const { data, labels } = example();
    const before = [data.obs.columnNames, data.uns.size];
    await sweepOf(data);
    expect([data.obs.columnNames, data.uns.size]).toEqual(before);
    const sweep = await sweepOf(data, { keyAdded: 'swept' });
    const column = data.obs.get('swept') as CategoricalColumn;
    expect(column.categories).toEqual(['0', '1', '2', '3']);
    expect(adjustedRandIndex(labels, column.codes)).toBe(1);
    expect(data.uns.get('swept')).toEqual(resolutionSweepTable(sweep));
  });

  test('reports each clustering', async () => {
    const seen: string[] = [];
    const reporter = {
      ...silentReporter,
      progress: ({ task, done, total }: { task: string; done: number; total?: number }) => {
        if (task.startsWith('resolutionSweep')) seen.push(`${done}/${total ?? 0}`);
      },
    };
    await sweepOf(example().data, { nBootstraps: 2, reporter });
    expect(seen).toEqual(['1/6', '2/6', '3/6', '4/6', '5/6', '6/6']);
  });

  test('one cluster everywhere: no suggestion, and a warning', async () => {
    const texts: string[] = [];
    const reporter = { ...silentReporter, message: (_: string, text: string) => texts.push(text) };
    const { data } = example();
    const options = { resolutions: [1e-6], keyAdded: 'swept', reporter };
    data.obsp.set('g', umapConnectivities(await nearestNeighbors(data.X.toDense(), { k: 60 })));
    const { steps, suggested } = await sweepOf(data, { ...options, connectivities: 'g' });
    expect(steps[0]).toMatchObject({ nClusters: 1, silhouette: NaN });
    expect(suggested).toBeUndefined();
    expect(texts.join()).toMatch(/no resolution gives two clusters/);
    expect(data.obs.has('swept')).toBe(false);
    expect(data.uns.get('swept')).toBeInstanceOf(Table);
  });

  test('stops when asked to', async () => {
    const { data } = example();
    const signal = AbortSignal.timeout(100);
    await expect(sweepOf(data, { nBootstraps: 100_000, signal })).rejects.toThrow(AbortError);
  });

  test.each<[ResolutionSweepOptions, unknown, RegExp]>([
    [{ useRep: 'X_no' }, DataError, /no obsm\["X_no"\]: got obsm with X_pca/],
    [{ connectivities: 'g' }, DataError, /no sparse obsp\["g"\]: got obsp with nothing/],
    [{ resolutions: [] }, ParamError, /"resolutions"/],
    [{ resolutions: [-1] }, ParamError, /"resolutions/],
    [{ fraction: 1 }, ParamError, /"fraction"/],
  ])('%p is refused', async (options, type, message) => {
    const error = await sweepOf(example().data, options).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(type);
    expect((error as Error).message).toMatch(message);
  });
});

describe('suggestedStep', () => {
  /** Clusters, stability, its error and silhouette of the resolutions 1, 2, ... */
  const suggestionOf = (
    ...rows: (readonly [number, number, number, number])[]
  ): number | undefined => {
    const steps = rows.map(([nClusters, stability, stabilityError, silhouette], r) => ({
      ...{ resolution: r + 1, labels: new Int32Array(0), modularity: 0 },
      ...{ nClusters, stability, stabilityError, silhouette },
    }));
    return suggestedStep(steps)?.resolution;
  };

  test('one cluster is no clustering, however stable', () => {
    expect(suggestionOf([1, 1, 0, NaN], [3, 0.7, 0.01, 0.2])).toBe(2);
    expect(suggestionOf([1, 1, 0, NaN])).toBeUndefined();
  });

  test('the most stable one, whatever the silhouettes of less stable ones', () => {
    expect(suggestionOf([2, 0.8, 0.01, 0.9], [3, 0.95, 0.01, 0.1])).toBe(2);
  });

  test('of those within its standard error the one with the largest silhouette', () => {
    expect(suggestionOf([2, 0.94, 0.5, 0.3], [3, 0.95, 0.02, 0.1], [4, 0.92, 0, 0.9])).toBe(1);
    expect(suggestionOf([2, 0.9, 0, NaN], [3, 0.9, 0, -0.5])).toBe(2);
  });

  test('of equals the lowest', () => {
    expect(suggestionOf([2, 0.9, 0, 0.4], [3, 0.9, 0, 0.4])).toBe(1);
  });
});

test('the table has a row a resolution', async () => {
  const sweep = await sweepOf(example().data);
  const table = resolutionSweepTable(sweep);
  expect(table.index).toEqual(['0.5', '4']);
  expect(table.get('n_clusters')).toMatchObject({ values: Int32Array.from(sweep.steps, (s) => s.nClusters) }); // prettier-ignore
  expect(table.get('stability')).toMatchObject({ values: Float64Array.from(sweep.steps, (s) => s.stability) }); // prettier-ignore
  expect(table.get('suggested')).toMatchObject({ kind: 'boolean', values: Uint8Array.of(1, 0) });
});
