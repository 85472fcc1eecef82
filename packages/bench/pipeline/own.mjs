/**
 * The steps from a file to clusters, each timed; prints JSON.
 *
 * usage: node own.mjs FILE.h5ad
 */
import { Rng, silentReporter } from '@dance-ts/core';
import { readH5ad } from '@dance-ts/io';
import { louvain, nearestNeighbors, umapConnectivities } from '@dance-ts/ml';
import {
  CellPca,
  FilterCellsScanpy,
  FilterGenesScanpy,
  HighlyVariableGenes,
  Log1P,
  NormalizeTotal,
} from '@dance-ts/transforms';

const [file] = process.argv.slice(2);
const context = { rng: Rng.fromSeed(0), reporter: silentReporter };
const steps = [];
let data = await timed('read', () => readH5ad(file));
const csrBytes = data.X.nnz * 8 + (data.nObs + 1) * 4;
for (const [name, ...transforms] of [
  ['filter', new FilterCellsScanpy({ minGenes: 200 }), new FilterGenesScanpy({ minCells: 3 })],
  ['normalize', new NormalizeTotal({ targetSum: 1e4 })],
  ['log1p', new Log1P()],
  ['variable genes', new HighlyVariableGenes({ flavor: 'seurat', nTopGenes: 2000, subset: true })],
  ['PCA', new CellPca({ nComponents: 50 })],
]) {
  data = await timed(name, async () => {
    let prepared = data;
    for (const transform of transforms) prepared = await transform.apply(prepared, context);
    return prepared;
  });
}
const pca = data.obsm.get('X_pca');
const neighbors = await timed('neighbors', () => nearestNeighbors(pca, { ...context, k: 14 }));
const graph = await timed('connectivities', () => umapConnectivities(neighbors));
const { labels } = await timed('Louvain', () => louvain(graph, { ...context, resolution: 1 }));
process.stdout.write(
  `${JSON.stringify({
    steps,
    csrBytes,
    peakBytes: process.resourceUsage().maxRSS * 1024,
    labels: Array.from(labels),
  })}\n`,
);

async function timed(name, run) {
  const [wall, cpu] = [performance.now(), process.cpuUsage()];
  const result = await run();
  const { user, system } = process.cpuUsage(cpu);
  steps.push({ name, seconds: (performance.now() - wall) / 1000, cpu: (user + system) / 1e6 });
  return result;
}
