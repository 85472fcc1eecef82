/**
 * Times the usual way from a file of counts to clusters, step by step, beside Python on the same
 * file, and puts the table into docs/performance.md.
 *
 * usage: DANCE_BENCH_PYTHON=python3 node packages/bench/pipeline/bench-pipeline.mjs
 *          [--cells 100000] [--genes 20000] [--file FILE.h5ad] [--docs docs/performance.md]
 *
 * DANCE_BENCH_PYTHON names a Python with scanpy, or with anndata, scikit-learn, pandas and igraph;
 * without it, there is no peer. A file that exists is used again.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import os from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { adjustedRandIndex } from '@dance-ts/metrics';
import { machine, ownVersions } from '../kernels/machine.mjs';
import { replaceRegion } from '../kernels/report.mjs';
import { writeFormatted } from '../kernels/write-file.mjs';
import { pipelineTable } from './table.mjs';

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const { values } = parseArgs({
  options: {
    cells: { type: 'string', default: '100000' },
    genes: { type: 'string', default: '20000' },
    file: { type: 'string' },
    docs: { type: 'string', default: here('../../../docs/performance.md') },
    results: { type: 'string', default: here('../results/pipeline.json') },
  },
});
const { cells, genes } = values;
const file = values.file ?? join(os.tmpdir(), `dance-pipeline-${cells}x${genes}.h5ad`);
if (!existsSync(file)) await run(process.execPath, [here('simulate-file.mjs'), file, cells, genes]);
const loadBefore = os.loadavg()[0];
const ours = await run(process.execPath, [here('own.mjs'), file]);
const python = process.env['DANCE_BENCH_PYTHON'];
const peer = python === undefined ? null : await run(python, [here('peer.py'), file]);
const result = {
  schema: 1,
  date: new Date().toISOString(),
  machine: machine(),
  versions: { ...ownVersions(), peer: peer?.version ?? null },
  threads: process.env['DANCE_THREADS'] ?? 'as many as there are cores',
  loadBefore,
  size: { cells: Number(cells), genes: Number(genes) },
  agreement: peer && adjustedRandIndex(peer.labels, ours.labels),
  ours: withoutLabels(ours),
  peer: peer && withoutLabels(peer),
};
await writeFormatted(values.results, JSON.stringify(result));
const table = pipelineTable(result);
process.stdout.write(`${table}\n`);
const document = await readFile(values.docs, 'utf8');
await writeFormatted(values.docs, replaceRegion(document, 'bench-pipeline', table));

function withoutLabels({ labels, ...rest }) {
  return { ...rest, nClusters: new Set(labels).size };
}

async function run(program, args) {
  const { stdout } = await promisify(execFile)(program, args, { maxBuffer: 2 ** 28 });
  return JSON.parse(stdout);
}
