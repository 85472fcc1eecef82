/**
 * Fits a model and its Python peer on the same data with the same counts held out, and prints the
 * scores of both and how much they differ.
 *
 * usage: node compare.mjs MODEL [OPTIONS as JSON]
 *
 * Options: `dataset` (sim-imputation), `dataDir`, `protocol` (entries or counts), `seeds` ([0]),
 * `python` (python3), and `params`, which both sides get.
 */
import { fileURLToPath } from 'node:url';
import { DenseMatrix, getModel, silentReporter, toCsr } from '@dance-ts/core';
import { loadDataset } from '@dance-ts/datasets';
import { heldOutScores, holdOutCounts, holdOutEntries } from '@dance-ts/imputation';
import { csrArrays, npz } from '../../dist/npz.js';
import { readNpyMatrix } from '../../dist/imputation/npy.js';
import { runPeer } from '../../dist/python-peer.js';

const [id = '', json = '{}'] = process.argv.slice(2);
const {
  dataset = 'sim-imputation',
  dataDir,
  protocol = 'entries',
  seeds = [0],
  python = 'python3',
  params = {},
} = JSON.parse(json);
const SHOWN = ['rmse', 'mae', 'pcc', 'mre', 'poisson_deviance', 'd2'];

const { model: Model, spec } = getModel(id);
const data = await loadDataset(dataset, { dataDir, reporter: silentReporter });
const runs = [];
for (const seed of seeds) {
  const heldOut =
    protocol === 'counts' ? holdOutCounts(data, { seed }) : holdOutEntries(data, { seed });
  runs.push({ ours: await scoresOfModel(heldOut, seed), peer: await scoresOfPeer(heldOut, seed) });
}
for (const name of SHOWN.filter((score) => score in runs[0].ours)) {
  const [ours, peer] = ['ours', 'peer'].map((side) => mean(runs.map((run) => run[side][name])));
  const difference = (100 * Math.abs(ours - peer)) / Math.abs(peer);
  console.log(
    `${name.padEnd(18)} ours ${ours.toFixed(4)}  peer ${peer.toFixed(4)}  ${difference.toFixed(2)} %`,
  );
}

async function scoresOfModel(heldOut, seed) {
  const pick = (schema) =>
    Object.fromEntries(Object.entries(params).filter(([name]) => name in schema.shape));
  const run = { reporter: silentReporter };
  const model = new Model({ ...pick(spec.params), seed });
  await model.preprocess(heldOut.data, { ...pick(spec.preprocessParams), ...run });
  await model.fit(heldOut.data, { ...pick(spec.fitParams), ...run });
  const scores = await model.scoreAll(heldOut.data, { heldOut, ...run });
  model.dispose();
  return scores;
}

async function scoresOfPeer(heldOut, seed) {
  const { validation } = heldOut;
  const input = npz({
    ...csrArrays('X', toCsr(heldOut.data.X)),
    ...(validation?.nnz > 0 ? csrArrays('validation', validation) : {}),
  });
  const script = fileURLToPath(new URL(`${id}.py`, import.meta.url));
  const program = { model: id, script, output: 'output.npy' };
  const bytes = await runPeer(python, program, input, { ...params, seed });
  return peerScores(readNpyMatrix(bytes).data, heldOut);
}

/** Scores on the genes the peer imputes; cells it leaves out count as nothing expected. */
function peerScores(values, heldOut) {
  const { data: seen } = heldOut;
  const { nObs, nVars } = seen;
  const isImputed = (gene) => seen.obsNames.some((_, i) => !Number.isNaN(values[i * nVars + gene]));
  const genes = seen.varNames.flatMap((_, gene) => (isImputed(gene) ? [gene] : []));
  const counts = DenseMatrix.zeros(nObs, genes.length);
  for (let i = 0; i < nObs; i++) {
    genes.forEach((gene, j) => {
      counts.row(i)[j] = values[i * nVars + gene] || 0;
    });
  }
  const names = genes.map((gene) => seen.varNames[gene]);
  return heldOutScores(counts, { data: seen, genes: names }, { heldOut });
}

function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
