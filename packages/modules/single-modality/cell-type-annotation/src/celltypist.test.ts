import { readFileSync } from 'node:fs';
import {
  AbortError,
  AnnData,
  categoricalFromStrings,
  columnValue,
  CsrMatrix,
  DataError,
  DenseMatrix,
  FormatError,
  MemoryStore,
  ParamError,
  Rng,
  silentReporter,
} from '@dance-ts/core';
import { simulateSingleCell } from '@dance-ts/datasets';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { Celltypist } from './celltypist.js';
import { fitScaler, scaledGenes } from './gene-scaler.js';
import { majorityLabels, votingResolution } from './majority-voting.js';

interface Reference {
  classes: string[];
  decision: (number | number[])[];
  lacking: (number | number[])[];
  files: Record<string, string>;
}

/** Made by testing/fixtures/celltypist.py with scikit-learn 1.2 (old) and 1.9 (new). */
const FIXTURE = JSON.parse(
  readFileSync(new URL('./testing/fixtures/celltypist.json', import.meta.url), 'utf8'),
) as Record<'old' | 'new', Record<string, Reference>> & {
  genes: string[];
  reference: number[][];
  labels: string[];
  query: number[][];
  lackingGenes: string[];
  hostile: string;
  ovr: number[][];
  mean: number[];
  scale: number[];
};
const { genes } = FIXTURE;
const RUN = { reporter: silentReporter };
const LABELS = { labelKey: 'cell_type', ...RUN };

const bytesOf = (base64: string): Uint8Array => Buffer.from(base64, 'base64');
const cellsOf = (rows: number[][]): AnnData =>
  AnnData.fromMatrix(CsrMatrix.fromDense(DenseMatrix.fromRows(rows)), { varNames: genes });
const sigmoid = (score: number): number => 1 / (1 + Math.exp(-score));
/** Scores of both classes where there is a single function. */
const bothOf = (score: number | number[]): number[] =>
  typeof score === 'number' ? [-score, score] : score;
const bestOf = (scores: number[]): number => scores.indexOf(Math.max(...scores));

async function expectScores(
  model: Celltypist,
  query: AnnData,
  decision: (number | number[])[],
  tolerance: number,
): Promise<void> {
  const probabilities = await model.predictProba(query, RUN);
  decision.map(bothOf).forEach((scores, cell) => {
    scores.forEach((score, c) => {
      expect(Math.abs(probabilities.get(cell, c) - sigmoid(score))).toBeLessThan(tolerance);
    });
  });
  const labels = await model.predict(query, RUN);
  expect(labels).toEqual(decision.map((scores) => model.classes[bestOf(bothOf(scores))]));
}

describe.each(['old', 'new'] as const)('model files of the %s scikit-learn', (side) => {
  const cases = Object.entries(FIXTURE[side]).flatMap(([name, { files, ...rest }]) =>
    Object.entries(files).map(([protocol, file]) => ({ name, protocol, file, ...rest })),
  );

  test.each(cases)('$name, protocol $protocol: its decisions', async ({ file, ...expected }) => {
    const model = await Celltypist.fromModelFile(bytesOf(file));
    expect(model.classes).toEqual(expected.classes);
    expect(model.description['version']).toBe('v1');
    await expectScores(model, cellsOf(FIXTURE.query), expected.decision, 1e-5);
    const normalized = cellsOf(FIXTURE.query);
    const sums = normalized.X.rowSums();
    normalized.X = normalized.X.scaleRows(sums.map((sum) => 1e4 / sum)).mapData(Math.log1p);
    const asItIs = await Celltypist.fromModelFile(bytesOf(file), { normalize: false });
    await expectScores(asItIs, normalized, expected.decision, 1e-5);
    await expect(asItIs.predict(cellsOf([Array<number>(8).fill(50)]), RUN)).rejects.toThrow(
      DataError,
    );
  });

  test.each(cases)('$name, protocol $protocol: genes that are missing', async (expected) => {
    const model = await Celltypist.fromModelFile(bytesOf(expected.file));
    // Other genes take the place of the missing ones, so that cells have the same sums.
    const names = genes.map((gene) => (FIXTURE.lackingGenes.includes(gene) ? `no ${gene}` : gene));
    const data = AnnData.fromMatrix(cellsOf(FIXTURE.query).X, { varNames: names });
    await expectScores(model, data, expected.lacking, 1e-5);
  });
});

describe('model files', () => {
  const file = bytesOf(FIXTURE.old['logistic']?.files['4'] ?? '');

  test('survive saving and loading', async () => {
    const model = await Celltypist.fromModelFile(file, { mode: 'prob match' });
    const store = new MemoryStore();
    await model.save(store);
    const loaded = await Celltypist.load(store);
    expect(loaded.params.mode).toBe('prob match');
    expect(loaded.description).toEqual(model.description);
    const query = cellsOf(FIXTURE.query);
    expect(await loaded.predict(query, RUN)).toEqual(await model.predict(query, RUN));
  });

  test('that call functions, are cut short or hold something else are refused', async () => {
    const hostile = Celltypist.fromModelFile(bytesOf(FIXTURE.hostile));
    await expect(hostile).rejects.toThrow(FormatError);
    await expect(hostile).rejects.toThrow(/got posix\.system/);
    const short = Celltypist.fromModelFile(file.subarray(0, file.length - 40));
    await expect(short).rejects.toThrow(FormatError);
    // An empty dictionary
    const empty = Celltypist.fromModelFile(Uint8Array.of(0x80, 2, 0x7d, 0x2e));
    await expect(empty).rejects.toThrow(/"Model" is missing/);
  });

  test('with prob match, cells get all labels that pass, or none', async () => {
    const decision = FIXTURE.old['logistic']?.decision ?? [];
    const { classes = [] } = FIXTURE.old['logistic'] ?? {};
    for (const pThres of [0.02, 0.5, 0.97]) {
      const model = await Celltypist.fromModelFile(file, { mode: 'prob match', pThres });
      const query = cellsOf(FIXTURE.query);
      const expected = decision.map((scores) => {
        const passing = classes.filter((_, c) => sigmoid(bothOf(scores)[c]!) > pThres);
        return passing.length === 0 ? null : passing.join('|');
      });
      expect(await model.predict(query, RUN)).toEqual(expected);
      await model.annotate(query, RUN);
      const column = query.obs.get('celltypist');
      expect(expected.map((_, i) => columnValue(column, i))).toEqual(expected);
      if (pThres === 0.02) expect(expected.some((label) => label?.includes('|'))).toBe(true);
      if (pThres === 0.97) expect(expected).toContain(null);
    }
  });
});

describe('standardized genes', () => {
  test('are those of scikit-learn, cut at 10 deviations above only', () => {
    const counts = cellsOf(FIXTURE.reference).X;
    const X = counts.scaleRows(counts.rowSums().map((sum) => 1e4 / sum)).mapData(Math.log1p);
    const scaler = fitScaler(X);
    FIXTURE.mean.forEach((mean, g) => {
      expect(scaler.mean[g]).toBeCloseTo(mean, 6);
      expect(scaler.scale[g]).toBeCloseTo(FIXTURE.scale[g]!, 6);
    });
    const { sparse, shift } = scaledGenes(X, scaler);
    const dense = sparse.toDense();
    let largest = -Infinity;
    for (let i = 0; i < X.nRows; i++) {
      for (let g = 0; g < X.nCols; g++) {
        const z = (X.get(i, g) - scaler.mean[g]!) / scaler.scale[g]!;
        largest = Math.max(largest, z);
        expect(dense.get(i, g) + shift[g]!).toBeCloseTo(Math.min(10, z), 5);
      }
    }
    expect(largest).toBeGreaterThan(10);
  });

  test('a gene that does not vary is only centered', () => {
    const X = DenseMatrix.fromRows([
      [0.1, 5],
      [0.1, 7],
      [0.1, 9],
    ]);
    const scaler = fitScaler(X);
    expect(scaler.scale[0]).toBe(1);
    expect(scaler.scale[1]).toBeCloseTo(Math.sqrt(8 / 3), 12);
  });
});

describe('training', () => {
  const reference = cellsOf(FIXTURE.reference);
  reference.obs.set('cell_type', categoricalFromStrings(FIXTURE.labels));

  async function trained(fit: object, params = {}): Promise<Celltypist> {
    const model = new Celltypist(params);
    await model.preprocess(reference, RUN);
    return model.fit(reference, { ...LABELS, ...fit });
  }

  test('logistic regression, one type against the rest, as scikit-learn solves it', async () => {
    const model = await trained({ tol: 1e-6 });
    await expectScores(model, cellsOf(FIXTURE.query), FIXTURE.ovr, 5e-4);
  });

  test.each([
    ['SGD', { useSgd: true }],
    ['mini-batches', { useSgd: true, miniBatch: true, batchSize: 40 }],
    [
      'balanced mini-batches',
      { useSgd: true, miniBatch: true, batchSize: 40, batchNumber: 2, balanceCellType: true },
    ],
    ['gene selection', { featureSelection: true, topGenes: 3 }],
  ])('%s learns the types; saved and seeded alike', async (_, fit) => {
    const model = await trained(fit, { seed: 5 });
    const accuracy = await model.score(reference, { truth: 'cell_type', ...RUN });
    expect(accuracy).toBeGreaterThan(0.95);
    const store = new MemoryStore();
    await model.save(store);
    const expected = await model.predictProba(reference, RUN);
    expect(await (await Celltypist.load(store)).predictProba(reference, RUN)).toEqual(expected);
    expect(await (await trained(fit, { seed: 5 })).predictProba(reference, RUN)).toEqual(expected);
  });

  test('selected genes are those that tell types apart', async () => {
    const model = await trained({ featureSelection: true, topGenes: 2 });
    // Genes that were not selected have no influence.
    const query = cellsOf(FIXTURE.query);
    const before = await model.predictProba(query, RUN);
    const changed = FIXTURE.query.map((row) => [...row]);
    const rest = genes.indexOf('LYZ');
    const other = genes.indexOf('ACTB');
    for (const row of changed) [row[rest], row[other]] = [row[other]!, row[rest]!];
    const after = await model.predictProba(cellsOf(changed), RUN);
    after.data.forEach((value, e) => {
      expect(value).toBeCloseTo(before.data[e]!, 6);
    });
  });

  test('balanced draws take rare types as often as frequent ones', async () => {
    // 5 cells of one type among 155, one batch of 30 cells: about 1 of them without balancing.
    const rare = { useSgd: true, miniBatch: true, batchSize: 149, batchNumber: 1, epochs: 1 };
    const [plain, balanced] = [
      await trained(rare),
      await trained({ ...rare, balanceCellType: true }),
    ];
    expect(await balanced.predictProba(reference, RUN)).not.toEqual(
      await plain.predictProba(reference, RUN),
    );
  });

  test('refuses what cannot be done, stops when asked to', async () => {
    await expect(trained({ featureSelection: true })).rejects.toThrow(/more than topGenes = 300/);
    await expect(trained({ useSgd: true, miniBatch: true })).rejects.toThrow(DataError);
    await expect(trained({ C: 0 })).rejects.toThrow(ParamError);
    expect(() => new Celltypist({ pThres: 2 })).toThrow(ParamError);
    const signal = AbortSignal.abort();
    await expect(trained({ signal })).rejects.toThrow(AbortError);
  });
});

describe('majority voting', () => {
  test('the most frequent label wins, if its share suffices', () => {
    const labels = ['a', 'b', 'a', 'c', 'c', 'b', null, null, 'a'];
    const clusters = Int32Array.of(0, 0, 0, 1, 1, 1, 2, 2, 2);
    expect(majorityLabels(labels, clusters, 0)).toEqual([
      ...['a', 'a', 'a'],
      ...['c', 'c', 'c'],
      ...[null, null, null],
    ]);
    expect(majorityLabels(labels, clusters, 0.7)).toEqual(Array(9).fill(null));
    expect(majorityLabels(['x', 'y'], Int32Array.of(4, 4), 0.5)).toEqual(['x', 'x']);
  });

  test('more cells are cut finer', () => {
    const sizes = [4999, 5000, 20_000, 40_000, 100_000, 200_000];
    expect(sizes.map(votingResolution)).toEqual([5, 10, 15, 20, 25, 30]);
  });

  let data: AnnData;

  beforeAll(async () => {
    data = await simulateSingleCell({
      nCells: 160,
      nGenes: 80,
      groupProbabilities: [0.5, 0.5],
      deProbability: 0.3,
      deFacLoc: 0.9,
      libLoc: 6,
      seed: 8,
    });
  });

  async function fitted(params: object): Promise<Celltypist> {
    const model = new Celltypist({ majorityVoting: true, ...params });
    await model.preprocess(data, RUN);
    return model.fit(data, RUN);
  }

  test('a column of clusters can vote', async () => {
    const { codes, categories } = data.labels('cell_type');
    const query = data.view();
    // Wrong clusters force wrong labels on the minority.
    const names = Array.from(codes, (code, i) => (i % 10 === 0 ? 'mixed' : `cluster ${code}`));
    query.obs.set('clusters', categoricalFromStrings(names));
    const labels = await (await fitted({ overClustering: 'clusters' })).predict(query, RUN);
    const mixed = new Set(labels.filter((_, i) => i % 10 === 0));
    expect(mixed.size).toBe(1);
    codes.forEach((code, i) => {
      if (i % 10 !== 0) expect(labels[i]).toBe(categories[code]);
    });
    const strict = await fitted({ overClustering: 'clusters', minProp: 0.99 });
    const declined = await strict.predict(query, RUN);
    expect(new Set(declined.filter((_, i) => i % 10 === 0))).toEqual(new Set([null]));
    const lost = fitted({ overClustering: 'nothing' }).then((model) => model.predict(query, RUN));
    await expect(lost).rejects.toThrow(/no column "nothing"/);
  });

  test('without one, cells of a fine Leiden cluster share their label', async () => {
    const model = await fitted({});
    expect(await model.score(data, { truth: 'cell_type', ...RUN })).toBeGreaterThan(0.9);
    expect(await model.predict(data, RUN)).toEqual(await model.predict(data, RUN));
  });

  test('few cells keep their own labels, with a notice', async () => {
    const rng = Rng.fromSeed(1);
    const few = data.subset({ obs: Int32Array.from({ length: 50 }, () => rng.int(160)) });
    const own = await (await fitted({ majorityVoting: false })).predict(few, RUN);
    const messages: string[] = [];
    const reporter = {
      progress: () => undefined,
      message: (_: string, text: string) => void messages.push(text),
    };
    expect(await (await fitted({})).predict(few, { reporter })).toEqual(own);
    expect(messages).toEqual([expect.stringMatching(/no majority voting among 50 cells/)]);
  });
});
