import { describe, expect, test } from '@jest/globals';
import { AnnData, columnValue, DataError, ParamError, Rng, silentReporter } from '@dance-ts/core';
import { controlGenes } from './score-genes-controls.js';
import { geneSetScore, scoreGenes } from './score-genes.js';
import { referenceData, scanpyReference } from './testing/scanpy-reference.js';

/*
 * Expected values are scanpy 1.10.4's, from tests/golden/scanpy_tools.json; the header of
 * scripts/make-scanpy-reference.py tells with which versions they were made, and how. Its random draw of
 * control genes cannot be repeated here, so they are part of the reference.
 */
const reference = scanpyReference();
const data = referenceData(reference);
const quiet = { reporter: silentReporter };
const numbersOf = (names: readonly string[]): Int32Array =>
  Int32Array.from(names, (name) => data.varNames.indexOf(name)).filter((gene) => gene >= 0);
const means = data.X.columnSums().map((sum) => sum / data.nObs);

describe.each(reference.scores.cases)('against scanpy, ctrl_as_ref $ctrl_as_ref', (expected) => {
  const genes = numbersOf(expected.gene_list);
  const options = {
    nBins: expected.n_bins,
    ctrlAsRef: expected.ctrl_as_ref,
    ctrlSize: expected.ctrl_size,
  };
  const draw = (ctrlSize: number, seed = 0): Int32Array =>
    controlGenes(means, genes, { ...options, ctrlSize, rng: Rng.fromSeed(seed) }).controls;

  test.each(['csr', 'dense'])('the same control genes give the same scores, %s', (kind) => {
    const X = kind === 'csr' ? data.X : data.X.toDense();
    const scores = geneSetScore(X, genes, numbersOf(expected.control));
    expected.score.forEach((wanted, cell) => {
      expect(scores[cell]).toBeCloseTo(wanted, 12);
    });
  });

  test('controls come from the bins that scanpy draws from', () => {
    const candidates = draw(1000);
    for (const gene of numbersOf(expected.control)) expect(candidates).toContain(gene);
    for (const gene of candidates) expect(genes).not.toContain(gene);
    // Bins of ten genes each; those of the set are no controls.
    const nBins = expected.drawn_per_bin.length;
    expect(candidates).toHaveLength(10 * nBins - genes.length);
  });

  test('as many from each bin', () => {
    const drawn = draw(expected.ctrl_size);
    const most = expected.ctrl_size * expected.drawn_per_bin.length;
    if (expected.ctrl_as_ref) expect(drawn.length).toBeLessThanOrEqual(most);
    else expect(drawn).toHaveLength(most);
    expect(drawn).toEqual(draw(expected.ctrl_size));
    expect(drawn).not.toEqual(draw(expected.ctrl_size, 1));
  });
});

describe('scoreGenes', () => {
  const geneList = data.varNames.slice(0, 5);

  test('writes the score into obs; groups that express the genes are above the others', async () => {
    const view = data.view();
    const scores = await scoreGenes(view, { geneList, scoreName: 'b', nBins: 8, ...quiet });
    expect(view.obs.get('b')).toMatchObject({ kind: 'numeric', values: scores });
    const mean = (group: string): number => {
      const of = scores.filter((_, cell) => reference.group[cell] === group);
      return of.reduce((sum, score) => sum + score, 0) / of.length;
    };
    expect(mean('B cell')).toBeGreaterThan(mean('mono') + 0.5);
    expect(await scoreGenes(view, { geneList, nBins: 8, ...quiet })).toEqual(scores);
    const other = await scoreGenes(view, { geneList, nBins: 8, ctrlSize: 3, seed: 1, ...quiet });
    expect(other).not.toEqual(scores);
  });

  test('a layer, a pool, and a set that was not in the pool', async () => {
    const view = new AnnData({
      X: data.X.mapData(() => 1),
      obs: data.obs.copy(),
      var: data.var,
      layers: [['log', data.X]],
    });
    const genePool = ['gene10', 'gene11', 'gene12', 'absent'];
    const options = { geneList, genePool, nBins: 2, layer: 'log', ...quiet };
    const scores = await scoreGenes(view, options);
    const expected = geneSetScore(data.X, numbersOf(geneList), numbersOf(genePool));
    expect(scores).toEqual(expected);
  });

  test('genes that are absent are told of', async () => {
    const messages: string[] = [];
    const reporter = {
      ...silentReporter,
      message: (_: string, text: string) => messages.push(text),
    };
    await scoreGenes(data.view(), { geneList: ['gene1', 'XYZ', 'XYZ'], reporter });
    expect(messages).toEqual(['scoreGenes: 1 of the genes are not in the data: XYZ']);
    const none = scoreGenes(data.view(), { geneList: ['XYZ'], ...quiet });
    await expect(none).rejects.toThrow(/none of the genes.*got XYZ/);
  });

  test('what is refused', async () => {
    const run = (options: object, of = data.view()): Promise<unknown> =>
      scoreGenes(of, { geneList: [...geneList], ...quiet, ...options });
    await expect(run({ geneList: [] })).rejects.toThrow(ParamError);
    await expect(run({ layer: 'counts' })).rejects.toThrow(DataError);
    await expect(run({ genePool: ['gene1'] })).rejects.toThrow(/no control genes/);
    await expect(run({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'ABORTED' });
    const view = data.view();
    view.X = data.X.mapData((value) => (value > 3 ? NaN : value));
    await expect(run({}, view)).rejects.toThrow(/not finite: got NaN/);
    expect(view.obs.has('score')).toBe(false);
    expect(columnValue(data.obs.get('group'), 0)).toBe('B cell');
  });
});
