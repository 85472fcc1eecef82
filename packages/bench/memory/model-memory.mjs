/**
 * Peak memory of a model on 20,000 simulated cells and 2,000 genes, with one epoch of each training:
 * simulation, preprocessing, fit and answer, all in this process.
 *
 * usage: node --max-old-space-size=4096 packages/bench/memory/model-memory.mjs MODEL [DEVICE]
 */
import '@dance-ts/clustering';
import '@dance-ts/imputation';
import { AnnData, getModel, silentReporter } from '@dance-ts/core';
import { simulateSingleCell } from '@dance-ts/datasets';
import { epochParams } from '../dist/epoch-params.js';

const [id = 'deepimpute', device = 'blas'] = process.argv.slice(2);
const run = { reporter: silentReporter };
const { X, obsNames, varNames } = await simulateSingleCell({
  ...{ nCells: 20_000, nGenes: 2000, libLoc: 7.6, seed: 0 },
  ...{ groupProbabilities: [0.3, 0.25, 0.2, 0.15, 0.1], deProbability: 0.2 },
});
const data = AnnData.fromMatrix(X, { obsNames, varNames });
const { model: Model, spec } = getModel(id);
const wanted = Object.entries({ seed: 0, device, nClusters: 5 });
const model = new Model(Object.fromEntries(wanted.filter(([name]) => name in spec.params.shape)));
const repeated = [...epochParams(spec), 'iterations'].filter(
  (name) => name in spec.fitParams.shape,
);
const once = repeated.map((name) => [name, 1]);
await model.preprocess(data, run);
report('preprocess');
await model.fit(data, { ...Object.fromEntries(once), ...run });
report('fit');
await model.predict(data, run);
report('predict');

function report(step) {
  const peak = Math.round(process.resourceUsage().maxRSS / 1024);
  const seconds = Math.round(process.cpuUsage().user / 1e6);
  console.log(`${spec.name}, ${step}: peak ${peak} MiB, ${seconds} CPU s`);
}
