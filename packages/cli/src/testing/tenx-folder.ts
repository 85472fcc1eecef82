import { join } from 'node:path';
import { CsrMatrix, DenseMatrix, Rng } from '@dance-ts/core';
import { writeFileAtomic } from '@dance-ts/io';
import { mkdirSync } from 'node:fs';

/** Three kinds of cells, each with 20 of the 60 genes more strongly expressed. */
export const N_CELLS = 60;
export const N_GENES = 60;

/** Counts of simulated cells; cell i is of kind i mod 3. */
export function simulatedCounts(): CsrMatrix {
  const rng = Rng.fromSeed(1);
  const counts = DenseMatrix.zeros(N_CELLS, N_GENES);
  for (let i = 0; i < N_CELLS; i++) {
    for (let j = 0; j < N_GENES; j++) {
      counts.row(i)[j] = rng.poisson(Math.floor(j / 20) === i % 3 ? 6 : 1);
    }
  }
  return CsrMatrix.fromDense(counts);
}

/** Writes the counts as a folder of 10x Genomics; genes 7 and 8 have the same symbol. */
export async function writeTenxFolder(folder: string): Promise<CsrMatrix> {
  const counts = simulatedCounts();
  const entries: string[] = [];
  for (let i = 0; i < N_CELLS; i++) {
    for (let e = counts.indptr[i]!; e < counts.indptr[i + 1]!; e++) {
      entries.push(`${counts.indices[e]! + 1} ${i + 1} ${counts.data[e]!}`);
    }
  }
  const head = '%%MatrixMarket matrix coordinate integer general';
  const size = `${N_GENES} ${N_CELLS} ${entries.length}`;
  const lines = (texts: readonly string[]): string => texts.map((text) => `${text}\n`).join('');
  const names = (n: number, name: (i: number) => string): string =>
    lines(Array.from({ length: n }, (_, i) => name(i)));
  mkdirSync(folder, { recursive: true });
  await writeFileAtomic(join(folder, 'matrix.mtx'), lines([head, size, ...entries]));
  await writeFileAtomic(
    join(folder, 'barcodes.tsv'),
    names(N_CELLS, (i) => `BARCODE${i}-1`),
  );
  const feature = (j: number): string => `ENSG${j}\tGENE${j === 8 ? 7 : j}\tGene Expression`;
  await writeFileAtomic(join(folder, 'features.tsv'), names(N_GENES, feature));
  return counts;
}
