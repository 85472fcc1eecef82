/**
 * Writes simulated counts of the size of a 10x experiment as .h5ad.
 *
 * usage: node simulate-file.mjs FILE.h5ad CELLS GENES
 */
import { AnnData, CsrMatrix, Rng, Table } from '@dance-ts/core';
import { writeH5ad } from '@dance-ts/io';

const GROUPS = 20;
/** Share of the genes a group expresses four to forty times as much. */
const MARKERS = 0.02;
/** Share of the entries that are not zero, about. */
const DENSITY = 0.05;
/** Molecules of a cell for each gene that is found in it. */
const MOLECULES_PER_GENE = 1.25;

const [file, cells, genes] = process.argv.slice(2);
if (file === undefined) throw new Error('usage: simulate-file.mjs FILE.h5ad CELLS GENES');
const X = simulatedCounts(Number(cells), Number(genes), Rng.fromSeed(0).fork('pipeline'));
await writeH5ad(
  file,
  new AnnData({
    X,
    obs: Table.withGeneratedIndex(X.nRows, 'cell'),
    var: Table.withGeneratedIndex(X.nCols, 'gene'),
  }),
);
process.stdout.write(`${JSON.stringify({ nnz: X.nnz })}\n`);

/**
 * Each cell draws molecules from the profile of its group; depths vary by a factor of about 1.4.
 * @param {number} nCells
 * @param {number} nGenes
 * @param {Rng} rng
 */
function simulatedCounts(nCells, nGenes, rng) {
  const base = Float64Array.from({ length: nGenes }, () => Math.exp(1.2 * rng.normal()));
  const profiles = Array.from({ length: GROUPS }, () => cumulative(profileOf(base, rng)));
  const depth = DENSITY * nGenes * MOLECULES_PER_GENE;
  const capacity = Math.ceil(nCells * nGenes * DENSITY * 1.6);
  const indptr = new Int32Array(nCells + 1);
  const indices = new Int32Array(capacity);
  const data = new Float32Array(capacity);
  const counts = new Uint16Array(nGenes);
  const touched = new Int32Array(nGenes);
  let end = 0;
  for (let i = 0; i < nCells; i++) {
    const profile = profiles[i % GROUPS];
    const total = Math.round(depth * Math.exp(0.35 * rng.normal()));
    let nTouched = 0;
    for (let m = 0; m < total; m++) {
      const gene = place(profile, rng.uniform());
      if (counts[gene] === 0) touched[nTouched++] = gene;
      counts[gene] += 1;
    }
    for (const gene of touched.subarray(0, nTouched).sort()) {
      indices[end] = gene;
      data[end++] = counts[gene];
      counts[gene] = 0;
    }
    indptr[i + 1] = end;
  }
  return new CsrMatrix(nCells, nGenes, indptr, indices.slice(0, end), data.slice(0, end));
}

function profileOf(base, rng) {
  return base.map((level) =>
    rng.uniform() < MARKERS ? level * 4 * (1 + 9 * rng.uniform()) : level,
  );
}

function cumulative(profile) {
  let sum = 0;
  const sums = profile.map((level) => (sum += level));
  return sums.map((value) => value / sum);
}

/** First place whose cumulated share is above u. */
function place(sums, u) {
  let [low, high] = [0, sums.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sums[middle] > u) high = middle;
    else low = middle + 1;
  }
  return low;
}
