import { describe, expect, test } from '@jest/globals';
import {
  AnnData,
  categoricalFromStrings,
  CsrMatrix,
  DataError,
  DenseMatrix,
  MemoryStore,
  ParamError,
  Rng,
  silentReporter,
  stringColumn,
  Table,
} from '@dance-ts/core';
import { simulateSingleCell } from '@dance-ts/datasets';
import { SVM } from './svm.js';

const RUN = { reporter: silentReporter };

async function cells(nCells = 90): Promise<AnnData> {
  return simulateSingleCell({
    ...{ nCells, nGenes: 60, groupProbabilities: [1, 1, 1], seed: 4 },
    ...{ libLoc: 7, deProbability: 0.4, deFacLoc: 1.2 },
  });
}

async function pair(): Promise<{ reference: AnnData; query: AnnData }> {
  const all = await cells();
  const rows = (parity: number) =>
    Int32Array.from(all.obsNames.keys()).filter((i) => i % 2 === parity);
  return { reference: all.subset({ obs: rows(0) }), query: all.subset({ obs: rows(1) }) };
}

async function fitted(reference: AnnData): Promise<SVM> {
  const model = new SVM({ C: 100 });
  await model.preprocess(reference, { denseDim: 10, ...RUN });
  return model.fit(reference, { labelKey: 'cell_type', ...RUN });
}

/** The same matrix with other names or columns. */
function renamed(data: AnnData, variables: Table): AnnData {
  return new AnnData({ X: data.X, obs: data.obs, var: variables });
}

describe('genes of a query', () => {
  test('in another order and beside others: the same labels', async () => {
    const { reference, query } = await pair();
    const model = await fitted(reference);
    const expected = await model.predictProba(query, RUN);
    const order = Int32Array.from({ length: query.nVars }, (_, j) => (7 * j) % query.nVars);
    const shuffled = query.subset({ var: order });
    const wide = AnnData.fromMatrix(widened(shuffled.X.toDense(), 5), {
      varNames: [...shuffled.varNames, ...['x1', 'x2', 'x3', 'x4', 'x5']],
    });
    expect((await model.predictProba(wide, RUN)).data).toEqual(expected.data);
    expect(model.matchReport(wide)).toMatchObject({ nMatched: 60, nQuery: 65, missing: [] });
  });

  test('symbols in a column, in capitals', async () => {
    const { reference, query } = await pair();
    const model = await fitted(reference);
    const symbols = query.varNames.map((name) => name.toUpperCase());
    const variables = new Table(query.varNames.map((_, j) => `ENSG${j}`));
    variables.set('gene_symbols', stringColumn(symbols));
    const other = renamed(query, variables);
    expect(await model.predict(other, RUN)).toEqual(await model.predict(query, RUN));
    expect(model.matchReport(other).rule).toBe('upper case');
  });

  test('few in common: a warning; none: an error', async () => {
    const { reference, query } = await pair();
    const model = await fitted(reference);
    const messages: string[] = [];
    const reporter = {
      ...silentReporter,
      message: (_level: string, text: string) => messages.push(text),
    };
    const few = query.subset({ var: Int32Array.from({ length: 20 }, (_, j) => j) });
    await model.predict(few, { reporter });
    expect(messages.join()).toContain('20 of the 60 genes');
    const none = renamed(query, Table.withGeneratedIndex(60, 'other'));
    await expect(model.predict(none, RUN)).rejects.toThrow(DataError);
  });

  test('names that occur twice in the reference', async () => {
    const { reference, query } = await pair();
    const twice = new Table(reference.varNames.map((name, j) => (j < 2 ? 'twin' : name)));
    const model = await fitted(renamed(reference, twice));
    const expected = await (await fitted(reference)).predictProba(query, RUN);
    const same = await model.predictProba(renamed(query, twice), RUN);
    expect(same.data).toEqual(expected.data);
  });
});

describe('labels', () => {
  test('cells without a label, and those outside of the train split, are not learned from', async () => {
    const { reference, query } = await pair();
    const { codes, categories } = reference.labels('cell_type');
    const half = Int32Array.from(reference.obsNames.keys()).filter((i) => i >= 20);
    const labels = Array.from(codes, (code, i) => (i < 20 ? null : String(categories[code])));
    const partly = new AnnData({ X: reference.X, obs: reference.obs.copy(), var: reference.var });
    partly.obs.set('cell_type', categoricalFromStrings(labels));
    partly.splits = { ...partly.splits, train: half };
    const some = reference.subset({ obs: half });
    const expected = await (await fitted(some)).predictProba(query, RUN);
    const actual = await (await fitted(partly)).predictProba(query, RUN);
    expect(actual.data).toEqual(expected.data);
  });

  test('one class only, no column, no name of a column', async () => {
    const { reference } = await pair();
    const { codes } = reference.labels('cell_type');
    const alone = reference.subset({
      obs: Int32Array.from(codes.keys()).filter((i) => codes[i] === 0),
    });
    await expect(fitted(alone)).rejects.toThrow(/two classes.*only/);
    const model = new SVM({ C: 100 });
    await model.preprocess(reference, { denseDim: 10, ...RUN });
    await expect(model.fit(reference, { labelKey: 'nonsense', ...RUN })).rejects.toThrow(DataError);
    reference.channels = {};
    const bare = await new SVM().preprocess(reference, { denseDim: 10, ...RUN });
    await expect(bare.fit(reference, RUN)).rejects.toThrow(ParamError);
  });

  test('below a threshold cells stay unassigned, and scores say what that means', async () => {
    const { reference, query } = await pair();
    const model = await fitted(reference);
    const options = { truth: 'cell_type', unassignedBelow: 0.8, ...RUN };
    const confidence = (await model.predictProba(query, RUN)).data;
    const labels = await model.predict(query, options);
    const declined = labels.filter((label) => label === null).length;
    expect(declined).toBeGreaterThan(0);
    expect(declined).toBeLessThan(query.nObs);
    labels.forEach((label, i) => {
      const largest = Math.max(...confidence.subarray(3 * i, 3 * i + 3));
      expect(label === null).toBe(largest < 0.8);
    });
    const wrong = await model.score(query, { ...options, unassigned: 'wrong' });
    const ignored = await model.score(query, { ...options, unassigned: 'ignore' });
    const { coverage } = await model.report(query, options);
    expect(coverage).toBeCloseTo(1 - declined / query.nObs, 12);
    expect(wrong).toBeCloseTo(ignored * coverage, 12);
    expect(await model.score(query, options)).toBeGreaterThan(wrong);
  });

  test('a cell without a known gene stays unassigned', async () => {
    const { reference, query } = await pair();
    const model = await fitted(reference);
    const X = query.X.toDense().copy();
    X.row(3).fill(0);
    const labels = await model.predict(new AnnData({ X, obs: query.obs, var: query.var }), RUN);
    expect(labels.map((label, i) => (label === null ? i : -1)).filter((i) => i >= 0)).toEqual([3]);
  });

  test('a label the reference lacks is wrong, unless the map says what it may be called', async () => {
    const { reference, query } = await pair();
    const model = await fitted(reference);
    const { codes, categories } = query.labels('cell_type');
    const names = Array.from(codes, (code) =>
      code === 0 ? 'fine type' : String(categories[code]),
    );
    query.obs.set('finer', categoricalFromStrings(names));
    const plain = await model.score(query, { truth: 'cell_type', ...RUN });
    const share = codes.filter((code) => code === 0).length / codes.length;
    expect(await model.score(query, { truth: 'finer', ...RUN })).toBeLessThan(plain - share / 2);
    const labelMap = new Map([['fine type', [String(categories[0])]]]);
    expect(await model.score(query, { truth: 'finer', labelMap, ...RUN })).toBe(plain);
  });
});

describe('long queries', () => {
  test('in blocks, in a stream and at once: the same', async () => {
    const { reference, query } = await pair();
    const model = await fitted(reference);
    const whole = await model.predict(query, RUN);
    const halves = [0, 1].map((h) =>
      query.subset({ obs: Int32Array.from({ length: 20 }, (_, i) => 20 * h + i) }),
    );
    const streamed: (string | null)[] = [];
    for await (const { labels, confidence } of model.predictStream(halves, RUN)) {
      expect(confidence).toHaveLength(labels.length);
      streamed.push(...labels);
    }
    expect(streamed).toEqual(whole.slice(0, 40));
  });

  test('more cells than a block holds', async () => {
    const { reference, query } = await pair();
    const model = await fitted(reference);
    const rows = Int32Array.from({ length: 2100 }, (_, i) => i % query.nObs);
    const many = new AnnData({
      X: query.X.selectRows(rows),
      obs: Table.withGeneratedIndex(2100, 'cell'),
      var: query.var,
    });
    const labels = await model.predict(many, RUN);
    const once = await model.predict(query, RUN);
    expect(labels).toEqual(Array.from(rows, (row) => once[row]));
  });
});

test('a reference prepared by hand asks for queries prepared likewise', async () => {
  const { reference, query } = await pair();
  const context = { rng: Rng.fromSeed(0) };
  const pipeline = SVM.preprocessing({ denseDim: 10 });
  const prepared = await pipeline.apply(reference, context);
  const model = await new SVM({ C: 100 }).fit(prepared, { labelKey: 'cell_type', ...RUN });
  const preparedQuery = await pipeline.apply(query, context);
  const X = preparedQuery.X;
  expect(X).toBeInstanceOf(CsrMatrix);
  const labels = await model.predict(preparedQuery, RUN);
  expect(labels).toEqual(await (await fitted(reference)).predict(query, RUN));
});

test('a loaded model says what it matched and how it was prepared', async () => {
  const { reference, query } = await pair();
  const model = await fitted(reference);
  const store = new MemoryStore();
  await model.save(store);
  const loaded = await SVM.load(store);
  expect(loaded.classes).toEqual(model.classes);
  expect(loaded.matchReport(query)).toEqual(model.matchReport(query));
  expect((await loaded.predictProba(query, RUN)).data).toEqual(
    (await model.predictProba(query, RUN)).data,
  );
});

function widened(X: DenseMatrix, extra: number): DenseMatrix {
  const wide = DenseMatrix.zeros(X.nRows, X.nCols + extra);
  for (let i = 0; i < X.nRows; i++) {
    wide.row(i).set(X.row(i));
    wide.row(i).fill(1, X.nCols);
  }
  return wide;
}
