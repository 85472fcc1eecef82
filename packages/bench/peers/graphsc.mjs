/**
 * Compares the loss trace of GraphSC with an independent PyTorch implementation (graphsc.py) on
 * the same graph, initial weights, batches and dropout masks.
 *
 * usage: node packages/bench/peers/graphsc.mjs [--dataset worm_neuron] [--epochs 5] [--seed 0]
 *        [--lr 1e-5] [--dtype float32|float64]
 *
 * Needs a Python with torch and numpy: DANCE_BENCH_PYTHON, else python3.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { GraphSC } from '@dance-ts/clustering';
import { MemoryStore, Rng, loadBundle } from '@dance-ts/core';
import { loadDataset } from '@dance-ts/datasets';
import { fillDropoutMask, shuffledBatches } from '@dance-ts/nn';
import { readCellFeatureGraph } from '@dance-ts/transforms';

const DECODER_DROPOUT = 0.1;
const BATCH_SIZE = 128;
const DROPOUT = 0.1;

const { values: flags } = parseArgs({
  options: {
    dataset: { type: 'string', default: 'worm_neuron' },
    epochs: { type: 'string', default: '5' },
    seed: { type: 'string', default: '0' },
    lr: { type: 'string', default: '1e-5' },
    dtype: { type: 'string', default: 'float32' },
  },
});
const epochs = Number(flags.epochs);
const seed = Number(flags.seed);
const lr = Number(flags.lr);

const data = await loadDataset(flags.dataset);
const model = new GraphSC({ seed, dropout: DROPOUT });
await model.preprocess(data);
const graph = readCellFeatureGraph(model.prepared(data));
const initialWeights = await weightsAfter(0);
await model.fit(data, { epochs, lr, batchSize: BATCH_SIZE });
const ours = model.history.loss;

const folder = mkdtempSync(join(tmpdir(), 'graphsc-peer-'));
try {
  const batchSizes = exportRun(folder);
  const peer = runPeer(folder, batchSizes);
  report(ours, peer);
} finally {
  rmSync(folder, { recursive: true });
}

async function weightsAfter(nEpochs) {
  const store = new MemoryStore();
  await model.fit(data, { epochs: nEpochs, lr, batchSize: BATCH_SIZE });
  await model.save(store);
  const { tensors } = await loadBundle(store, 'model');
  return [...tensors].filter(([name]) => name.startsWith('network/'));
}

/** Writes everything the peer needs; random draws are repeated from their named streams. */
function exportRun(target) {
  const write = (name, array) => {
    writeFileSync(
      join(target, `${name}.bin`),
      new Uint8Array(array.buffer, array.byteOffset, array.byteLength),
    );
  };
  const { toCell, geneFeatures, cellFeatures } = graph;
  write('indptr', toCell.indptr);
  write('indices', toCell.indices);
  write('data', toCell.data);
  write('geneFeatures', geneFeatures.data);
  write('cellFeatures', cellFeatures.data);
  initialWeights.forEach(([, tensor], i) => write(`weights-${i}`, tensor.data));
  const stream = Rng.fromSeed(seed).fork('graphsc').fork('fit');
  const batches = [];
  const masks = [];
  const keep = (size, rate, rng) => {
    const mask = fillDropoutMask(new Float32Array(size), rate, rng);
    masks.push(Uint8Array.from(mask, (value) => (value > 0 ? 1 : 0)));
  };
  for (let epoch = 0; epoch < epochs; epoch++) {
    const rng = stream.fork(`epoch-${epoch}`);
    shuffledBatches(toCell.nRows, BATCH_SIZE, rng.fork('order')).forEach((batch, b) => {
      const own = rng.fork(`batch-${b}`);
      batches.push(batch);
      keep(geneFeatures.data.length, DROPOUT, own.fork('genes'));
      keep(batch.length * cellFeatures.nCols, DROPOUT, own.fork('cells'));
      keep(batch.length * model.params.hidden1, DECODER_DROPOUT, own.fork('decoder'));
    });
  }
  write('batches', Int32Array.from(batches.flatMap((batch) => [...batch])));
  write('masks', Buffer.concat(masks));
  const meta = {
    nCells: toCell.nRows,
    nGenes: toCell.nCols,
    inFeats: geneFeatures.nCols,
    dropout: DROPOUT,
    decoderDropout: DECODER_DROPOUT,
    lr,
    dtype: flags.dtype,
    weights: initialWeights.map(([name, { shape }]) => [name.replace('network/', ''), shape]),
    batchSizes: batches.map((batch) => batch.length),
  };
  writeFileSync(join(target, 'meta.json'), JSON.stringify(meta));
  return meta.batchSizes;
}

/** Mean loss per epoch, weighted by batch size as ours is. */
function runPeer(source, batchSizes) {
  const python = process.env.DANCE_BENCH_PYTHON ?? 'python3';
  const script = new URL('graphsc.py', import.meta.url).pathname;
  const run = spawnSync(python, [script, source], { encoding: 'utf8', maxBuffer: 2 ** 28 });
  if (run.status !== 0) throw new Error(`the PyTorch peer failed: ${run.stderr}`);
  const losses = run.stdout.trim().split('\n').map(Number);
  const perEpoch = batchSizes.length / epochs;
  return Array.from({ length: epochs }, (_, epoch) => {
    let sum = 0;
    for (let b = epoch * perEpoch; b < (epoch + 1) * perEpoch; b++)
      sum += losses[b] * batchSizes[b];
    return sum / graph.toCell.nRows;
  });
}

function report(mine, theirs) {
  console.log(`${flags.dataset}, seed ${seed}, lr ${lr}, peer in ${flags.dtype}`);
  console.log('epoch        dance-ts         PyTorch  relative difference');
  let worst = 0;
  mine.forEach((loss, epoch) => {
    const difference = Math.abs(loss - theirs[epoch]) / Math.abs(theirs[epoch]);
    worst = Math.max(worst, difference);
    console.log(
      `${String(epoch).padStart(5)}${loss.toFixed(8).padStart(16)}${theirs[epoch].toFixed(8).padStart(16)}  ${difference.toExponential(2)}`,
    );
  });
  console.log(`largest relative difference ${worst.toExponential(2)}`);
}
