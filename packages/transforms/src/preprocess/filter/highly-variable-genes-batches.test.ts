import { AnnData, columnValue, CsrMatrix, stringColumn } from '@dance-ts/core';
import { describe, expect, test } from '@jest/globals';
import { Compose } from '../../compose.js';
import { randomCounts, snapshot, testContext } from '../../testing/data.js';
import { readGolden } from '../../testing/golden.js';
import { Log1P } from '../normalize/log1p.js';
import { NormalizeTotal } from '../normalize/normalize-total.js';
import { FilterGenesScanpy } from './filter-genes-scanpy.js';
import {
  HighlyVariableGenesLogarithmizedByMeanAndDisp,
  HighlyVariableGenesLogarithmizedByTopGenes,
  HighlyVariableGenesRawCount,
} from './highly-variable-genes-dance.js';
import { HighlyVariableGenes } from './highly-variable-genes.js';

const { counts } = readGolden('highly_variable_genes') as {
  counts: { n_obs: number; n_vars: number; indptr: number[]; indices: number[]; data: number[] };
};
const context = testContext();
const raw = AnnData.fromMatrix(
  new CsrMatrix(
    counts.n_obs,
    counts.n_vars,
    Int32Array.from(counts.indptr),
    Int32Array.from(counts.indices),
    Float32Array.from(counts.data),
  ),
);
/** Batches of 35, 35 and 20 cells that express 153, 154 and 148 of the genes. */
raw.obs.set('batch', stringColumn(raw.obsNames.map((_, i) => (i < 20 ? 'c' : i < 55 ? 'a' : 'b'))));
const logs = await new Compose([new NormalizeTotal(), new Log1P()]).apply(raw, context);

/**
 * Numbers of the chosen genes, and in how many batches each gene is chosen (one digit a gene), from
 * pandas 1.5.3 and NumPy 1.24.2 in float64: per batch pd.cut, groupby and agg as scanpy describes
 * its flavors, then groupby('gene').agg(mean, sum) and sort_values; seurat_v3 with weighted least
 * squares (numpy.linalg.lstsq) at the vertices of loess, and numpy.ma.median for the ranks.
 */
const EXPECTED = {
  seurat: {
    genes: [
      19, 22, 24, 26, 29, 33, 34, 44, 45, 47, 49, 50, 51, 52, 53, 61, 72, 74, 81, 86, 88, 89, 90,
      91, 95, 97, 101, 104, 106, 107, 109, 111, 114, 124, 133, 134, 142, 155, 156, 157,
    ],
    batches:
      '1000110000010000100100112030010011300010011112021232221101100100101001102030001111011021211211111111121120120202012011111010200010101110000111110110100010111100',
  },
  cell_ranger: {
    genes: [
      0, 5, 15, 18, 19, 22, 24, 26, 28, 32, 34, 43, 45, 47, 49, 51, 52, 58, 69, 70, 72, 74, 80, 86,
      88, 89, 95, 96, 98, 101, 104, 106, 107, 111, 120, 124, 126, 130, 142, 156,
    ],
    batches:
      '2010121000001002001100212130210021300000001201021202210110101000101112202030111011010020220111111120121120120102000010001001202000101010101111200111000010011110',
  },
  seuratLimits: {
    genes: [
      19, 22, 24, 26, 29, 33, 34, 44, 45, 47, 49, 50, 51, 53, 74, 88, 89, 95, 97, 101, 104, 106,
      107, 111, 124, 134, 142, 155, 156,
    ],
    batches:
      '1000110000000100100100112030010011300010011112021232220101100100101001102030001111011021211211111111121120120202012011111010200011101110000111200110100010111100',
  },
  cellRangerLimits: {
    genes: [
      5, 15, 18, 19, 22, 26, 32, 34, 43, 45, 47, 49, 51, 70, 72, 74, 80, 81, 88, 89, 91, 94, 95, 96,
      98, 100, 101, 104, 106, 107, 111, 120, 126, 130, 134, 142, 146, 156,
    ],
    batches:
      '2010121000001002101201212130210122300010001212021202211111101010101112202030211111011021220111312120221130120102100110001001203111101010101111200211100010012110',
  },
  seurat_v3: {
    genes: [
      4, 9, 11, 18, 19, 22, 26, 34, 41, 45, 46, 47, 48, 49, 53, 66, 69, 74, 79, 86, 93, 94, 97, 98,
      103, 104, 106, 107, 109, 116, 119, 120, 124, 132, 135, 146, 147, 148, 152, 155,
    ],
    batches:
      '0010200002111200211101101030010000310000111012131102011101000120002002200030000221020020302011110110010130120102100010011100100011101221030012010111100020112100',
  },
};

function column(data: AnnData, name: string): number[] {
  return data.varNames.map((_, g) => Number(columnValue(data.var.get(name), g)));
}

function found(data: AnnData): { genes: number[]; batches: string } {
  const genes = column(data, 'highly_variable').flatMap((chosen, g) => (chosen ? [g] : []));
  return { genes, batches: column(data, 'highly_variable_nbatches').join('') };
}

const shared = { batchKey: 'batch', subset: false };

describe('genes chosen over batches are those of scanpy', () => {
  test.each(['seurat', 'cell_ranger'] as const)('%s, by number', async (flavor) => {
    const step = new HighlyVariableGenes({ flavor, nTopGenes: 40, ...shared });
    const result = await step.apply(logs, context);
    expect(found(result)).toEqual(EXPECTED[flavor]);
    expect(column(result, 'highly_variable_intersection')).toEqual(
      Array.from(EXPECTED[flavor].batches, (digit) => (digit === '3' ? 1 : 0)),
    );
  });

  test('seurat and cell_ranger, by limits', async () => {
    const seurat = new HighlyVariableGenes({ flavor: 'seurat', ...shared });
    expect(found(await seurat.apply(logs, context))).toEqual(EXPECTED.seuratLimits);
    const cellRanger = new HighlyVariableGenes({ maxMean: 4, ...shared });
    expect(found(await cellRanger.apply(logs, context))).toEqual(EXPECTED.cellRangerLimits);
  });

  test('seurat_v3', async () => {
    const step = new HighlyVariableGenes({ flavor: 'seurat_v3', nTopGenes: 40, ...shared });
    const result = await step.apply(raw, context);
    expect(found(result)).toEqual(EXPECTED.seurat_v3);
    const total = column(result, 'variances_norm').reduce((sum, value) => sum + value, 0);
    expect(total).toBeCloseTo(156.73499260684477, 6);
    const ranks = column(result, 'highly_variable_rank').filter((rank) => !Number.isNaN(rank));
    expect(ranks.reduce((sum, rank) => sum + rank, 0)).toBe(1706);
  });

  test('averages of the statistics', async () => {
    const step = new HighlyVariableGenes({ flavor: 'seurat', nTopGenes: 40, ...shared });
    const result = await step.apply(logs, context);
    const sumOf = (name: string) => column(result, name).reduce((sum, value) => sum + value, 0);
    expect(sumOf('means')).toBeCloseTo(125.32018324544975, 4);
    expect(column(result, 'dispersions_norm')[100]).toBeCloseTo(0.2126848220407472, 5);
  });
});

test('one batch of all cells is the same as none, once every gene has counts', async () => {
  const single = await new FilterGenesScanpy({ minCells: 1 }).apply(logs, context);
  expect(single.nVars).toBeLessThan(logs.nVars);
  single.obs.set('batch', stringColumn(raw.obsNames.map(() => 'one')));
  for (const flavor of ['seurat', 'cell_ranger'] as const) {
    const none = new HighlyVariableGenes({ flavor, nTopGenes: 40 });
    const one = new HighlyVariableGenes({ flavor, nTopGenes: 40, batchKey: 'batch' });
    expect((await one.apply(single, context)).varNames).toEqual(
      (await none.apply(single, context)).varNames,
    );
  }
});

test('a batch of one cell is named; cells without a batch count nowhere', async () => {
  const data = logs.view();
  const names = raw.obsNames.map((_, i) => (i === 0 ? 'lonely' : i < 45 ? 'a' : 'b'));
  data.obs.set('batch', stringColumn(names));
  const step = new HighlyVariableGenes({ flavor: 'seurat', nTopGenes: 40, batchKey: 'batch' });
  await expect(step.apply(data, context)).rejects.toThrow(/batch "lonely".*2 cells/);
  const v3 = new HighlyVariableGenesRawCount({ batchKey: 'batch' });
  await expect(v3.apply(data, context)).rejects.toThrow(/batch "lonely"/);
  data.obs.set('batch', stringColumn(names.map((name) => (name === 'lonely' ? null : name))));
  const rest = logs.subset({ obs: Array.from({ length: 89 }, (_, i) => i + 1) });
  rest.obs.set('batch', stringColumn(names.slice(1)));
  expect((await step.apply(data, context)).varNames).toEqual(
    (await step.apply(rest, context)).varNames,
  );
});

describe('the classes of DANCE', () => {
  test('raw counts, also from a layer, with a warning for fractions unless unwanted', async () => {
    const before = snapshot(raw);
    const step = new HighlyVariableGenesRawCount({ nTopGenes: 40, ...shared });
    expect(found(await step.apply(raw, context))).toEqual(EXPECTED.seurat_v3);
    expect(snapshot(raw)).toEqual(before);
    const layered = logs.view();
    layered.layers.set('counts', raw.X);
    const { messages, ...watched } = testContext();
    const fromLayer = { nTopGenes: 40, channel: 'counts', ...shared };
    const chosen = await new HighlyVariableGenesRawCount(fromLayer).apply(layered, watched);
    expect(found(chosen)).toEqual(EXPECTED.seurat_v3);
    await new HighlyVariableGenesRawCount({ checkValues: false }).apply(
      AnnData.fromMatrix(randomCounts(30, 20).mapData(Math.sqrt)),
      watched,
    );
    expect(messages.filter((message) => message.includes('raw counts'))).toEqual([]);
    const missing = new HighlyVariableGenesRawCount({ channel: 'counts', channelType: 'layers' });
    await expect(missing.apply(raw, context)).rejects.toThrow(/no layer "counts"/);
  });

  test('log expression by number and by limits', async () => {
    const byNumber = new HighlyVariableGenesLogarithmizedByTopGenes({ nTopGenes: 40, ...shared });
    expect(found(await byNumber.apply(logs, context))).toEqual(EXPECTED.seurat);
    const byLimits = new HighlyVariableGenesLogarithmizedByMeanAndDisp(shared);
    expect(found(await byLimits.apply(logs, context))).toEqual(EXPECTED.seuratLimits);
    const kept = await new HighlyVariableGenesLogarithmizedByMeanAndDisp({
      batchKey: 'batch',
    }).apply(logs, context);
    expect(kept.nVars).toBe(EXPECTED.seuratLimits.genes.length);
  });
});
