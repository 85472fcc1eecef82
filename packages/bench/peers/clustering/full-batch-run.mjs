/**
 * What the comparisons with PyTorch share of the models that take all cells in a step: the same
 * prepared data, graph, initial weights and first centers are handed to the peer, then the loss
 * traces and the clusters of both are compared. Nothing in these runs is random.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { loadBundle, MemoryStore, silentReporter } from '@dance-ts/core';
import { loadDataset } from '@dance-ts/datasets';
import { adjustedRandIndex } from '@dance-ts/metrics';
import { currentBackend } from '@dance-ts/nn';
import { readNeighborGraph } from '@dance-ts/transforms';
import { processorSeconds, reportEpochs } from '../epoch-time.mjs';

/** Flags every comparison has, and those of one, with their defaults. */
export function peerFlags(more = {}) {
  const defaults = {
    dataset: 'mouse_es_klein_1000x900',
    clusters: 4,
    seed: 0,
    pretrain: 10,
    epochs: 10,
    lr: 1e-3,
    dtype: 'float32',
    device: 'wasm',
    ...more,
  };
  const options = Object.fromEntries(
    Object.entries(defaults).map(([name, value]) => [
      name,
      { type: 'string', default: String(value) },
    ]),
  );
  return parseArgs({ options }).values;
}

/**
 * Trains `Model` and its peer and prints both.
 *
 * @param settings - constructor (`params`) and fit parameters (`fit`) of ours, what the peer has to
 *   know of them (`meta`), the names of the terms of the history to compare (`terms`), preprocessing
 *   parameters (`preprocess`), and what is exported of the prepared data beside the usual (`arrays`)
 */
export async function compareWithPeer(
  Model,
  flags,
  { params, fit, meta, terms, preprocess = {}, arrays = () => ({}) },
) {
  const run = { reporter: silentReporter };
  const [pretrainEpochs, epochs] = [Number(flags.pretrain), Number(flags.epochs)];
  const data = await loadDataset(flags.dataset);
  const nClusters = Number(flags.clusters);
  const { device } = flags;
  const model = new Model({ nClusters, seed: Number(flags.seed), device, ...params });
  await model.preprocess(data, { ...preprocess, ...run });
  const prepared = model.prepared(data);
  const weightsAfter = async (pretraining) => {
    await model.fit(data, { ...fit, epochs: 0, pretrainEpochs: pretraining, ...run });
    const store = new MemoryStore();
    await model.save(store);
    const { tensors } = await loadBundle(store, 'model');
    return [...tensors].filter(([name]) => name.startsWith('network/'));
  };
  const initial = (await weightsAfter(0)).filter(([name]) => !name.endsWith('/centers'));
  const trained = await weightsAfter(pretrainEpochs);
  const centers = trained.find(([name]) => name.endsWith('/centers'));
  const fitFor = (n) => model.fit(data, { ...fit, epochs: n, pretrainEpochs, ...run });
  const untilClusters = await processorSeconds(() => fitFor(0));
  const inAll = await processorSeconds(() => fitFor(epochs));

  const folder = mkdtempSync(join(tmpdir(), `${Model.spec.id}-peer-`));
  const write = (name, { buffer, byteOffset, byteLength }) => {
    writeFileSync(join(folder, `${name}.bin`), new Uint8Array(buffer, byteOffset, byteLength));
  };
  try {
    const graph = readNeighborGraph(prepared);
    write('x', prepared.X.toDense().data);
    write('counts', prepared.layers.get('counts').toDense().data);
    write('totals', Float64Array.from(prepared.obs.get('n_counts').values));
    write('indptr', graph.indptr);
    write('indices', graph.indices);
    write('weights', graph.data);
    write('centers', centers[1].data);
    for (const [name, array] of Object.entries(arrays(prepared))) write(name, array);
    initial.forEach(([, tensor], i) => write(`parameter-${i}`, tensor.data));
    const facts = {
      nCells: prepared.nObs,
      nGenes: prepared.nVars,
      nClusters: centers[1].shape[0],
      pretrainEpochs,
      epochs,
      dtype: flags.dtype,
      decoderLayers: model.params.decDim?.length,
      hops: model.params.k,
      parameters: initial.map(([name, { shape }]) => [name.replace('network/', ''), shape]),
      ...meta,
    };
    writeFileSync(join(folder, 'meta.json'), JSON.stringify(facts));
    const peer = runPeer(Model.spec.id, folder);
    const truth = prepared.labels('cell_type').codes;
    const labels = await model.predict(prepared);
    console.log(`${flags.dataset}, ${prepared.nObs} x ${prepared.nVars}, peer in ${flags.dtype}`);
    for (const term of terms) report(term, model.history[term] ?? [], peer.history[term] ?? []);
    const same = labels.reduce((sum, label, i) => sum + (label === peer.labels[i] ? 1 : 0), 0);
    console.log(`ARI of dance-ts ${adjustedRandIndex(truth, labels).toFixed(4)}`);
    console.log(`ARI of PyTorch  ${adjustedRandIndex(truth, peer.labels).toFixed(4)}`);
    console.log(`cells in the same cluster: ${same} of ${labels.length}`);
    reportEpochs((inAll - untilClusters) / epochs, peer, epochs, currentBackend().id);
  } finally {
    rmSync(folder, { recursive: true });
    model.dispose();
  }
}

function runPeer(id, folder) {
  const python = process.env.DANCE_BENCH_PYTHON ?? 'python3';
  const script = new URL(`${id}.py`, import.meta.url).pathname;
  const run = spawnSync(python, [script, folder], { encoding: 'utf8', maxBuffer: 2 ** 28 });
  if (run.status !== 0) throw new Error(`the PyTorch peer failed: ${run.stderr}`);
  return JSON.parse(run.stdout);
}

function report(term, mine, theirs) {
  console.log(`\n${term.padEnd(14)}dance-ts         PyTorch  relative difference`);
  let worst = mine.length === theirs.length ? 0 : NaN;
  mine.forEach((value, epoch) => {
    const other = theirs[epoch] ?? NaN;
    const difference = value === other ? 0 : Math.abs(value - other) / Math.abs(other);
    worst = Math.max(worst, difference);
    const [a, b] = [value.toFixed(8), other.toFixed(8)].map((text) => text.padStart(16));
    console.log(`${String(epoch).padStart(6)}${a}${b}  ${difference.toExponential(2)}`);
  });
  console.log(`largest relative difference ${worst.toExponential(2)}\n`);
}
