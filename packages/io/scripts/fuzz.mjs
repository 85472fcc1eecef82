/**
 * Reads seeded mutations of small files of every format and counts how the reader ends: a clean
 * error of this library, the same data, other data without a word, an unclean error, a hang. Files
 * read as other data are listed with what changed.
 *
 *     node packages/io/scripts/fuzz.mjs [files=1000] [seed=0]
 *
 * Needs the built dist (`npm run fuzz -- [files] [seed]` builds it). Each file is read in a worker,
 * which is replaced when it uses more than 10 seconds of processor time. Exits with 1 if a reader
 * hung, threw anything but an error of this library, or read other data from a file that carries a
 * checksum; without one, as in a CSV file, a changed digit is as good as the right one.
 */
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { AnnData, CsrMatrix, DanceError, MuData, Rng, silentReporter } from '@dance-ts/core';
import * as io from '../dist/index.js';

/** Processor time after which a reader hangs: on a busy machine a second of it may take long. */
const LIMIT_MS = 10_000;
/** Time after which a reader hangs even if it does nothing at all. */
const PATIENCE_MS = 180_000;
/** Formats whose bytes carry a checksum. */
const CHECKSUMMED = ['mtx.gz', 'csv.gz', 'zarr v2', 'zarr v3'];
/** Outcomes that are a defect of a reader, whatever the format. */
const DEFECTS = ['hang', 'crash', 'unclean error'];
const MUTATIONS = ['truncate', 'flip', 'flip-head', 'flip-8', 'delete', 'repeat'];

function sampleData() {
  const rng = Rng.fromSeed(1);
  const triplets = Array.from({ length: 60 }, () => [rng.int(12), rng.int(8), 1 + rng.int(9)]);
  const column = (k) => triplets.map((triplet) => triplet[k]);
  return AnnData.fromMatrix(CsrMatrix.fromTriplets(12, 8, column(0), column(1), column(2)));
}

function fixture(name) {
  return readFileSync(new URL(`../src/testing/fixtures/${name}`, import.meta.url));
}

/** Bytes of a file of each format. */
async function sampleFiles() {
  const data = sampleData();
  const plain = await io.encodeTenxMtx(data, { gzip: false });
  const csv = await io.encodeCsv(data);
  return [
    ['h5ad', await io.encodeH5ad(data)],
    ['h5ad lzf', fixture('lzf.h5ad')],
    ['h5ad lzf, checked', fixture('lzf-checked.h5ad')],
    ['h5mu', await io.encodeH5mu(new MuData([['rna', data]]))],
    ['mtx', plain.get('matrix.mtx')],
    ['mtx.gz', gzipSync(plain.get('matrix.mtx'))],
    ['csv', csv],
    ['csv.gz', gzipSync(csv)],
    ['zarr v2', fixture('zarr-v2.zip')],
    ['zarr v3', fixture('zarr-v3.zip')],
  ];
}

function mutate(bytes, kind, rng) {
  const mutated = new Uint8Array(bytes);
  const flip = (end) => (mutated[rng.int(end)] ^= 1 << rng.int(8));
  const at = rng.int(bytes.length);
  const length = 1 + rng.int(16);
  switch (kind) {
    case 'truncate':
      return mutated.subarray(0, at);
    case 'flip':
      flip(bytes.length);
      return mutated;
    case 'flip-head':
      flip(Math.min(bytes.length, 64));
      return mutated;
    case 'flip-8':
      for (let k = 0; k < 8; k++) flip(bytes.length);
      return mutated;
    case 'delete':
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]);
    default:
      return Buffer.concat([bytes.subarray(0, at + length), bytes.subarray(at)]);
  }
}

/** All values of a file, by name. */
async function contentOf(format, bytes) {
  const options = { reporter: silentReporter, memoryBudget: 64 * 2 ** 20 };
  const read = format === 'h5mu' ? io.readH5mu : io.readDataset;
  const data = await read(new Uint8Array(bytes), options);
  const modalities = data instanceof MuData ? data.names.map((name) => data.get(name)) : [data];
  const content = {};
  for (const [m, { X, obsNames, varNames, layers }] of modalities.entries()) {
    const { indptr = [], indices = [] } = X.kind === 'csr' ? X : {};
    const parts = { shape: X.shape, obsNames, varNames, indptr, indices, values: X.data };
    for (const [name, part] of Object.entries(parts)) content[`${m} ${name}`] = [...part];
    for (const [name, layer] of layers) content[`${m} layer ${name}`] = [...layer.data];
  }
  return content;
}

/** Where two files differ, in a few words; empty if they do not. */
function differences(expected, found) {
  const names = [...new Set([...Object.keys(expected), ...Object.keys(found)])];
  const changed = names.flatMap((name) => {
    const [a, b] = [expected[name] ?? [], found[name] ?? []];
    const places = a.map((_, i) => i).filter((i) => !Object.is(a[i], b[i]));
    if (places.length === 0 && a.length === b.length) return [];
    const shown = places.slice(0, 3).map((i) => `[${i}] ${a[i]} -> ${b[i]}`);
    return [`${name}: ${a.length} -> ${b.length} values, ${places.length} changed ${shown}`];
  });
  return changed.join('; ');
}

async function outcomeOf({ format, bytes, expected }) {
  try {
    const found = await contentOf(format, bytes);
    const message = differences(expected, found);
    return message === '' ? { outcome: 'identical' } : { outcome: 'different', message };
  } catch (error) {
    const isClean = error instanceof DanceError && !error.message.includes('\n');
    return { outcome: isClean ? 'clean error' : 'unclean error', message: String(error) };
  }
}

function startWorker() {
  return new Worker(new URL(import.meta.url), { stderr: true, stdout: true });
}

function ask(worker, job) {
  return new Promise((resolve) => {
    const fail = (error) => finish({ outcome: 'crash', message: String(error) });
    const [start, used] = [performance.now(), process.cpuUsage()];
    const timer = setInterval(() => {
      const { user, system } = process.cpuUsage(used);
      const isOver = (user + system) / 1000 > LIMIT_MS || performance.now() - start > PATIENCE_MS;
      if (isOver) finish({ outcome: 'hang' });
    }, 250);
    const finish = (answer) => {
      clearInterval(timer);
      worker.off('message', finish);
      worker.off('error', fail);
      resolve(answer);
    };
    worker.on('message', finish);
    worker.on('error', fail);
    worker.postMessage(job);
  });
}

function isDefect(format, outcome) {
  return DEFECTS.includes(outcome) || (outcome === 'different' && CHECKSUMMED.includes(format));
}

async function main() {
  const [files = 1000, seed = 0] = process.argv.slice(2).map(Number);
  const rng = Rng.fromSeed(seed);
  const samples = await sampleFiles();
  const expected = await Promise.all(samples.map(([format, bytes]) => contentOf(format, bytes)));
  const counts = {};
  const worst = [];
  const different = [];
  let worker = startWorker();
  for (let k = 0; k < files; k++) {
    const s = k % samples.length;
    const [format, bytes] = samples[s];
    const kind = MUTATIONS[Math.floor(k / samples.length) % MUTATIONS.length];
    const job = { format, bytes: mutate(bytes, kind, rng), expected: expected[s] };
    const { outcome, message } = await ask(worker, job);
    counts[format] ??= {};
    counts[format][outcome] = (counts[format][outcome] ?? 0) + 1;
    const line = `file ${k}: ${format}, ${kind}: ${outcome} ${message ?? ''}`;
    if (isDefect(format, outcome)) worst.push(line);
    else if (outcome === 'different') different.push(line);
    if (outcome === 'hang' || outcome === 'crash') {
      await worker.terminate();
      worker = startWorker();
    }
  }
  await worker.terminate();
  console.table(counts);
  for (const line of different) console.log(line);
  for (const line of worst) console.log(`DEFECT ${line}`);
  process.exitCode = worst.length === 0 ? 0 : 1;
}

if (isMainThread) await main();
else parentPort.on('message', async (job) => parentPort.postMessage(await outcomeOf(job)));
