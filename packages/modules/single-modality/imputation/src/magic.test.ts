import { describe, expect, test } from '@jest/globals';
import { DenseMatrix, ParamError, silentReporter, toCsr, type AnnData } from '@dance-ts/core';
import { simulateSingleCell } from '@dance-ts/datasets';
import { holdOutEntries } from './held-out.js';
import {
  MAGIC,
  type MAGICFitParams,
  type MAGICParams,
  type MAGICPreprocessParams,
} from './magic.js';

const RUN = { reporter: silentReporter };
const SMALL: MAGICParams = { k: 8, ka: 3 };

async function cells(): Promise<AnnData> {
  const options = { nCells: 80, nGenes: 60, groupProbabilities: [0.5, 0.5], deProbability: 0.5 };
  return simulateSingleCell({ ...options, libLoc: 7, seed: 4 });
}

async function fitted(
  data: AnnData,
  fit: MAGICFitParams = {},
  preprocess: MAGICPreprocessParams = {},
  params: MAGICParams = {},
): Promise<MAGIC> {
  const model = new MAGIC({ ...SMALL, ...params });
  await model.preprocess(data, { nComponents: 5, ...preprocess, ...RUN });
  return model.fit(data, { ...fit, ...RUN });
}

test.each(['sqrt', 'log1p', 'none'] as const)(
  'no steps: counts come back (%s)',
  async (transform) => {
    const data = await cells();
    const model = await fitted(data, { t: 0 }, { minCells: 1, transform });
    const imputed = await model.predict(data);
    const original = toCsr(data.X).toDense();
    const columns = model.genes.map((gene) => data.varNames.indexOf(gene));
    for (let i = 0; i < data.nObs; i++) {
      columns.forEach((gene, j) => {
        expect(imputed.get(i, j)).toBeCloseTo(original.get(i, gene), 3);
      });
    }
  },
);

describe('number of steps', () => {
  test('the first that changes little; how much each changed is in the history', async () => {
    const model = await fitted(await cells());
    const changes = model.history['change'] ?? [];
    expect(model.steps).toBe(changes.length);
    expect(changes.at(-1)).toBeLessThan(0.05);
    for (const change of changes.slice(0, -1)) expect(change).toBeGreaterThanOrEqual(0.05);
  });

  test("the program's rule asks for more", async () => {
    const data = await cells();
    const byProcrustes = await fitted(data, { tRule: 'procrustes' });
    const changes = byProcrustes.history['change'] ?? [];
    expect(changes.length).toBe(byProcrustes.steps);
    expect(changes.every((change, i) => i === 0 || change < changes[i - 1]!)).toBe(true);
  });

  test('a limit that is not enough is a warning', async () => {
    const data = await cells();
    const model = new MAGIC(SMALL);
    await model.preprocess(data, { nComponents: 5, ...RUN });
    const messages: string[] = [];
    const message = (_: string, text: string): number => messages.push(text);
    await model.fit(data, { tMax: 1, reporter: { ...silentReporter, message } });
    expect(model.steps).toBe(1);
    expect(messages).toEqual(['MAGIC: the diffusion still changes after 1 steps']);
  });
});

test('rescaling keeps the largest value of each gene', async () => {
  const data = await cells();
  const model = await fitted(data, { t: 3 }, { normalize: false, minCells: 1 }, { rescale: 100 });
  const imputed = (await model.predict(data)) as DenseMatrix;
  const columns = Int32Array.from(model.genes, (gene) => data.varNames.indexOf(gene));
  const original = toCsr(data.X).selectColumns(columns).toDense();
  const largest = (matrix: DenseMatrix, gene: number): number =>
    Math.max(...Array.from({ length: matrix.nRows }, (_, i) => matrix.get(i, gene)));
  for (let j = 0; j < columns.length; j++) {
    expect(largest(imputed, j) / largest(original, j)).toBeCloseTo(1, 4);
  }
});

test('held-out entries are predicted better than by their own zeros', async () => {
  const heldOut = holdOutEntries(await cells(), { testShare: 1 });
  const model = await fitted(heldOut.data);
  const untouched = await fitted(heldOut.data, { t: 0 });
  const options = { heldOut, ...RUN };
  const rmse = await model.score(heldOut.data, options);
  expect(rmse).toBeLessThan(0.7 * (await untouched.score(heldOut.data, options)));
  const all = await model.scoreAll(heldOut.data, options);
  expect(all['rmse']).toBe(rmse);
  expect(all['pcc']).toBeGreaterThan(0.3);
});

test('ka must be below k; data must be prepared', async () => {
  expect(() => new MAGIC({ k: 5, ka: 5 })).toThrow(ParamError);
  const data = await cells();
  await expect(new MAGIC(SMALL).fit(data, RUN)).rejects.toThrow(/not prepared/);
});
