import { describe, expect, test } from '@jest/globals';
import {
  AnnData,
  categoricalColumn,
  CsrMatrix,
  DataError,
  DenseMatrix,
  ParamError,
  Rng,
  silentReporter,
  Table,
  type UnsDict,
} from '@dance-ts/core';
import { filterRankedGenes } from './rank-genes-filter.js';
import { rankGenesGroups, type RankGenesGroupsOptions } from './rank-genes-groups.js';
import { rankedGenesTable } from './rank-genes-table.js';
import { referenceData, scanpyReference, type ReferenceRanks } from './testing/scanpy-reference.js';

/*
 * Expected values are scanpy 1.10.4's, from tests/golden/scanpy_tools.json; the header of
 * scripts/make-scanpy-reference.py tells with which versions they were made, and how.
 */
const reference = scanpyReference();
const quiet = { reporter: silentReporter };

function optionsOf({ options }: ReferenceRanks): RankGenesGroupsOptions {
  const names: Readonly<Record<string, string>> = {
    tie_correct: 'tieCorrect',
    n_genes: 'nGenes',
    rankby_abs: 'rankByAbs',
    corr_method: 'corrMethod',
  };
  const entries = Object.entries(options).map(([key, value]) => [names[key] ?? key, value]);
  return { groupby: 'group', ...Object.fromEntries(entries), ...quiet } as RankGenesGroupsOptions;
}

function caseOf(name: string): ReferenceRanks {
  const found = reference.ranked.find((entry) => entry.name === name);
  if (found === undefined) throw new Error(`no reference "${name}"`);
  return found;
}

/** Names in an order that does not depend on how equal scores are sorted. */
function withTiesSorted(names: readonly string[], scores: ArrayLike<number>): string[] {
  return Array.from(names.keys())
    .sort((a, b) => {
      const [left, right] = [Math.fround(scores[a]!), Math.fround(scores[b]!)];
      if (left !== right) return a - b;
      return names[a]! < names[b]! ? -1 : 1;
    })
    .map((rank) => names[rank]!);
}

function expectRatios(
  values: ArrayLike<number>,
  expected: readonly number[],
  tolerance: number,
): void {
  expect(values).toHaveLength(expected.length);
  const worst = expected.reduce((most, wanted, i) => {
    const difference = Math.abs(values[i]! - wanted) / Math.max(Math.abs(wanted), 1e-300);
    return Number.isNaN(difference) ? Infinity : Math.max(most, difference);
  }, 0);
  expect(worst).toBeLessThan(tolerance);
}

describe.each(reference.ranked.map((entry) => [entry.name, entry] as const))(
  'equals scanpy: %s',
  (_, expected) => {
    test.each(['csr', 'dense'])('%s', async (kind) => {
      const data = referenceData(reference);
      if (kind === 'dense') data.X = data.X.toDense();
      const { groups, byGroup } = await rankGenesGroups(data, optionsOf(expected));
      expect(groups).toEqual(Object.keys(expected.groups));
      for (const found of byGroup) {
        const wanted = expected.groups[found.group]!;
        expect(withTiesSorted(found.names, found.scores)).toEqual(
          withTiesSorted(wanted.names, wanted.scores),
        );
        // Equal scores stand in another order; the genes' other values go with them.
        const place = new Map(wanted.names.map((name, rank) => [name, rank]));
        const inOrder = (values: readonly number[]): number[] =>
          found.names.map((name) => values[place.get(name) ?? -1]!);
        // Scores and fold changes are float32 in scanpy's result.
        expectRatios(found.scores, inOrder(wanted.scores), 1e-6);
        expectRatios(found.logFoldChanges, inOrder(wanted.logfoldchanges), 1e-6);
        expectRatios(found.pvals, inOrder(wanted.pvals), 1e-9);
        expectRatios(found.pvalsAdj, inOrder(wanted.pvals_adj), 1e-9);
        if (expected.pts === undefined) continue;
        const ofGene = (shares: readonly number[]): number[] =>
          found.names.map((name) => shares[reference.var_names.indexOf(name)]!);
        expectRatios(found.fractionIn, ofGene(expected.pts[found.group]!), 1e-12);
        if (expected.pts_rest === undefined) continue;
        expectRatios(found.fractionOut, ofGene(expected.pts_rest[found.group]!), 1e-12);
      }
    });
  },
);

test('genes chosen by shares and fold change are those of scanpy', async () => {
  const expected = caseOf('wilcoxon_ties');
  const ranked = await rankGenesGroups(referenceData(reference), optionsOf(expected));
  const filtered = filterRankedGenes(ranked, {
    minInGroupFraction: 0.5,
    maxOutGroupFraction: 0.7,
    minFoldChange: 0.5,
  });
  for (const { group, names, scores } of filtered.byGroup) {
    expect(names).toEqual(expected.filtered?.[group]);
    expect(scores).toHaveLength(names.length);
  }
  expect(ranked.byGroup[0]!.names).toHaveLength(70);
  expect(() => filterRankedGenes(ranked, { minFoldChange: NaN })).toThrow(ParamError);
  const eitherWay = filterRankedGenes(ranked, { compareAbs: true, maxOutGroupFraction: 2 });
  expect(eitherWay.byGroup[2]!.logFoldChanges.some((change) => change < -1)).toBe(true);
});

describe('uns in the layout of scanpy', () => {
  async function stored(options: Partial<RankGenesGroupsOptions>): Promise<UnsDict> {
    const data = referenceData(reference);
    await rankGenesGroups(data, { groupby: 'batch', keyAdded: 'markers', ...quiet, ...options });
    return data.uns.get('markers') as UnsDict;
  }

  test('parameters, and records of one field a group', async () => {
    const dict = await stored({ nGenes: 4 });
    expect(Object.fromEntries(dict.get('params') as UnsDict)).toEqual({
      groupby: 'batch',
      reference: 'rest',
      method: 'wilcoxon',
      use_raw: false,
      corr_method: 'benjamini-hochberg',
    });
    const dtypes = { scores: 'float32', pvals: 'float64', pvals_adj: 'float64' };
    for (const [key, dtype] of Object.entries({ ...dtypes, logfoldchanges: 'float32' })) {
      const table = dict.get(key) as Table;
      // What has no name of an index is stored as records.
      expect(table.indexName).toBe('');
      expect(table.columnNames).toEqual(['b1', 'b2']);
      expect(table.get('b2')).toMatchObject({ kind: 'numeric', dtype });
    }
    expect((dict.get('names') as Table).nRows).toBe(4);
    expect(dict.has('pts')).toBe(false);
  });

  test('shares of cells by gene, for all genes', async () => {
    const dict = await stored({ nGenes: 4, pts: true });
    const [inside, outside] = [dict.get('pts') as Table, dict.get('pts_rest') as Table];
    expect(inside.index).toEqual(reference.var_names);
    expect(inside.get('b1')).toEqual(outside.get('b2'));
    expect((await stored({ reference: 'b2', pts: true })).has('pts_rest')).toBe(false);
  });

  test('shares are left out, with a warning, if a group cannot name a column of a file', async () => {
    const messages: string[] = [];
    const reporter = {
      ...silentReporter,
      message: (_: string, text: string) => messages.push(text),
    };
    const dict = await stored({ groupby: 'group', pts: true, reporter });
    expect(dict.has('pts')).toBe(false);
    expect(messages.join()).toContain('"T/NK"');
  });
});

test('a table of one group, by the columns of scanpy', async () => {
  const ranked = await rankGenesGroups(referenceData(reference), { groupby: 'group', ...quiet });
  const table = rankedGenesTable(ranked, 'mono');
  expect(table.columnNames).toEqual([
    'names',
    'scores',
    'logfoldchanges',
    'pvals',
    'pvals_adj',
    'pct_nz_group',
    'pct_nz_reference',
  ]);
  expect(table.get('scores')).toMatchObject({ values: ranked.byGroup[2]!.scores });
  expect(() => rankedGenesTable(ranked, 'Mono')).toThrow(/"Mono".*B cell, T\/NK, mono/);
});

describe('what is read', () => {
  const data = referenceData(reference);

  test('a layer, or raw with its own genes', async () => {
    const other = data.subset({ var: [0, 1, 2] });
    const both = new AnnData({
      X: other.X.mapData((value) => value / 2),
      obs: other.obs,
      var: other.var,
      layers: [['log', other.X]],
      raw: { X: data.X, var: data.var, varm: new Map() },
    });
    const options = { groupby: 'group', ...quiet };
    const fromLayer = await rankGenesGroups(both, { ...options, layer: 'log' });
    expect(fromLayer).toEqual(await rankGenesGroups(other, options));
    const fromRaw = await rankGenesGroups(both, { ...options, useRaw: true });
    expect(fromRaw).toEqual(await rankGenesGroups(data, options));
    const fold = (await rankGenesGroups(both, options)).byGroup[0]!.logFoldChanges;
    expect(fold).not.toEqual(fromLayer.byGroup[0]!.logFoldChanges);
    const twice = rankGenesGroups(both, { ...options, useRaw: true, layer: 'log' });
    await expect(twice).rejects.toThrow(ParamError);
  });

  test('the base of the logarithm that uns tells of', async () => {
    const base2 = data.view();
    base2.X = data.X.mapData((value) => value / Math.LN2);
    base2.uns.set('log1p', new Map([['base', 2]]));
    const options = { groupby: 'batch', method: 't-test', ...quiet } as const;
    const changesOf = async (of: AnnData): Promise<Map<string, number>> => {
      const { names, logFoldChanges } = (await rankGenesGroups(of, options)).byGroup[0]!;
      return new Map(names.map((name, rank) => [name, logFoldChanges[rank]!]));
    };
    const expected = await changesOf(data);
    for (const [name, change] of await changesOf(base2)) {
      expect(change).toBeCloseTo(expected.get(name) ?? NaN, 5);
    }
  });

  test('cells without a label are in the rest', async () => {
    const view = data.view();
    const codes = Int32Array.from(reference.group, (name) => (name === 'mono' ? 0 : -1));
    view.obs.set('only', categoricalColumn(codes, ['mono', 'empty']));
    const found = await rankGenesGroups(view, { groupby: 'only', ...quiet });
    const all = await rankGenesGroups(data, { groupby: 'group', groups: ['mono'], ...quiet });
    expect(found).toEqual(all);
  });
});

test('far apart groups: p-values of 1e-295 are no 0', async () => {
  const n = 900;
  const rng = Rng.fromSeed(1);
  const rows = Array.from({ length: 2 * n }, (_, i) => [
    (i < n ? 5 : 1) + rng.uniform(),
    rng.uniform(),
  ]);
  const data = AnnData.fromMatrix(CsrMatrix.fromDense(DenseMatrix.fromRows(rows)));
  data.obs.set(
    'half',
    categoricalColumn(
      Int32Array.from(rows, (_, i) => (i < n ? 0 : 1)),
      ['a', 'b'],
    ),
  );
  const { byGroup } = await rankGenesGroups(data, { groupby: 'half', ...quiet });
  const [a, b] = [byGroup[0]!, byGroup[1]!];
  // All of a above all of b: z = sqrt(3) n / sqrt(2 n + 1).
  expect(a.scores[0]).toBeCloseTo((Math.sqrt(3) * n) / Math.sqrt(2 * n + 1), 9);
  // scipy.stats.norm.sf 1.10 doubled
  expect(a.pvals[0]! / 2.2416469559137197e-295 - 1).toBeCloseTo(0, 9);
  expect(b.scores[1]).toBeCloseTo(-a.scores[0]!, 9);
  const t = (await rankGenesGroups(data, { groupby: 'half', method: 't-test', ...quiet })).byGroup;
  expect(t[0]!.pvals[0]).toBe(0);
  expect(t[0]!.pvals[1]).toBeGreaterThan(1e-4);
});

describe('what is refused', () => {
  const data = referenceData(reference);
  const run = (options: Partial<RankGenesGroupsOptions>, of = data): Promise<unknown> =>
    rankGenesGroups(of, { groupby: 'group', ...quiet, ...options });

  test('unknown columns, layers, groups, parameters', async () => {
    await expect(run({ groupby: 'cluster' })).rejects.toThrow(/obs has no label column "cluster"/);
    await expect(run({ layer: 'counts' })).rejects.toThrow(DataError);
    await expect(run({ useRaw: true })).rejects.toThrow(/no raw/);
    await expect(run({ groups: ['mono', 'NK'] })).rejects.toThrow(/got NK, expected.*T\/NK/);
    await expect(run({ reference: 'NK' })).rejects.toThrow(ParamError);
    await expect(run({ nGenes: 0 })).rejects.toThrow(ParamError);
  });

  test('groups that cannot be compared', async () => {
    const view = data.view();
    const codes = new Int32Array(data.nObs);
    view.obs.set('same', categoricalColumn(codes.slice(), ['all']));
    codes[3] = 1;
    view.obs.set('single', categoricalColumn(codes, ['all', 'one']));
    await expect(run({ groupby: 'same' }, view)).rejects.toThrow(/nothing to compare with/);
    await expect(run({ groupby: 'single' }, view)).rejects.toThrow(/one cell only: got one/);
    await expect(run({ groups: ['mono'], reference: 'mono' })).rejects.toThrow(DataError);
  });

  test('values that are not finite; an abort', async () => {
    const view = data.view();
    view.X = data.X.mapData((value) => (value > 3 ? Infinity : value));
    await expect(run({}, view)).rejects.toThrow(/not finite: got Infinity/);
    expect(view.uns.has('rank_genes_groups')).toBe(false);
    await expect(run({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'ABORTED' });
  });

  test('raw counts are ranked with a warning', async () => {
    const view = data.view();
    view.X = data.X.mapData(Math.round);
    const messages: string[] = [];
    const reporter = {
      ...silentReporter,
      message: (_: string, text: string) => messages.push(text),
    };
    await run({ reporter }, view);
    expect(messages.join()).toContain('raw counts');
  });
});
