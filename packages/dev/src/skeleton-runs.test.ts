import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { repositoryRoot } from './repository.js';
import { modelSkeleton } from './skeleton.js';
import { runScript } from './testing/run-script.js';

const TIME_LIMIT_MS = 120_000;
const CLUSTERING = 'packages/modules/single-modality/clustering/dist/';

describe('a new model', () => {
  test(
    'trains and finds the simulated clusters before anything is changed',
    () => {
      const { files } = modelSkeleton({
        task: 'clustering',
        name: 'SkeletonProbe',
        paper: 'A title',
        year: 2024,
      });
      const base = pathToFileURL(join(repositoryRoot(), CLUSTERING)).href;
      const model = (files[0]?.content ?? '').replaceAll(/'\.\/([a-z-]+\.js)'/g, `'${base}$1'`);
      const script = `
        import { silentReporter } from '@dance-ts/core';
        import { loadDataset } from '@dance-ts/datasets';
        import { SkeletonProbe } from './model.mjs';
        const data = await loadDataset('sim-clustering');
        const model = new SkeletonProbe({ nClusters: 5 });
        const quiet = { reporter: silentReporter };
        await model.preprocess(data, quiet);
        await model.fit(data, { ...quiet, epochs: 30 });
        const { loss } = model.history;
        console.log(JSON.stringify({
          ari: await model.score(data, { truth: 'cell_type' }),
          loss,
          missed: (await model.explain(data, { target: 0, ...quiet })).completenessError,
        }));
      `;
      const { stdout, stderr } = runScript({ script, model }, TIME_LIMIT_MS);
      expect(stderr).toBe('');
      const { ari, loss, missed } = JSON.parse(stdout) as {
        ari: number;
        loss: number[];
        missed: number;
      };
      expect(ari).toBeGreaterThan(0.5);
      expect(missed).toBeLessThan(0.01);
      expect(loss).toHaveLength(30);
      expect(loss.at(-1)).toBeLessThan(loss[0] ?? 0);
    },
    TIME_LIMIT_MS,
  );
});
