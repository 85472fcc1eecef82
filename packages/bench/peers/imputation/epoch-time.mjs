/**
 * Processor time of an epoch of DeepImpute beside its Python peer, in one run: trainings of two
 * lengths on the same masked counts, and what the longer one took more.
 *
 * usage: node packages/bench/peers/imputation/epoch-time.mjs [--dataset grun_mesc_251]
 *        [--epochs 20] [--device wasm] [--seed 0]
 *
 * Needs a Python with torch, numpy and scipy: DANCE_BENCH_PYTHON, else python3.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { silentReporter, toCsr } from '@dance-ts/core';
import { DeepImpute } from '@dance-ts/imputation';
import { currentBackend } from '@dance-ts/nn';
import { csrArrays, npz } from '../../dist/npz.js';
import { loadBenchmarkData } from '../../dist/imputation/benchmark-data.js';
import { processorSeconds, reportEpochTime } from '../epoch-time.mjs';

const FEW = 5;
const text = (value) => ({ type: 'string', default: value });
const { values: flags } = parseArgs({
  options: {
    dataset: text('grun_mesc_251'),
    epochs: text('20'),
    device: text('wasm'),
    seed: text('0'),
  },
});
const [nEpochs, seed] = [Number(flags.epochs), Number(flags.seed)];
const run = { reporter: silentReporter };
const { seen } = await loadBenchmarkData(flags.dataset, 'mask', seed, run);

const model = new DeepImpute({ seed, device: flags.device });
await model.preprocess(seen, run);
const ours = await extraSecondsOf((epochs) =>
  processorSeconds(() => model.fit(seen, { epochs, patience: epochs, ...run })),
);
model.dispose();
const peer = await extraSecondsOf(secondsOfPeer);
console.log(`DeepImpute, ${flags.dataset}, ${seen.nObs} x ${seen.nVars}, seed ${seed}`);
reportEpochTime(ours, peer, currentBackend().id);

/** Seconds an epoch, without what a training takes before its first one. */
async function extraSecondsOf(secondsOf) {
  await secondsOf(1);
  const short = await secondsOf(FEW);
  return ((await secondsOf(FEW + nEpochs)) - short) / nEpochs;
}

function secondsOfPeer(epochs) {
  const folder = mkdtempSync(join(tmpdir(), 'deepimpute-time-'));
  try {
    const [input, output] = [join(folder, 'input.npz'), join(folder, 'output.npy')];
    const validation = csrArrays('validation', toCsr(seen.layers.get('validation')));
    writeFileSync(input, npz({ ...csrArrays('X', toCsr(seen.X)), ...validation }));
    const script = fileURLToPath(new URL('deepimpute.py', import.meta.url));
    const options = JSON.stringify({ seed, epochs, patience: epochs });
    const python = process.env.DANCE_BENCH_PYTHON ?? 'python3';
    const peerRun = spawnSync(python, [script, input, output, options], { encoding: 'utf8' });
    if (peerRun.status !== 0) throw new Error(`the PyTorch peer failed: ${peerRun.stderr}`);
    return JSON.parse(peerRun.stdout).cpuSeconds;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
