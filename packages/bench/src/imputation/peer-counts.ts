import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  DataError,
  IoError,
  toCsr,
  type AnnData,
  type CsrMatrix,
  type DenseMatrix,
} from '@dance-ts/core';
import { npz, type NpyArray } from '../annotation/npz.js';
import { readNpyMatrix } from './npy.js';

/** Whether there is an independent implementation of a model. */
export function hasPeer(model: string): boolean {
  return existsSync(scriptOf(model));
}

/** What a peer imputed. */
export interface PeerCounts {
  /** [nCells, nGenes]; genes (and cells) that it does not impute have their observed counts. */
  readonly counts: DenseMatrix;
  /** Genes that it imputed. */
  readonly genes: readonly string[];
}

/**
 * Counts the Python implementation of a model imputes from the same counts.
 *
 * @param python - a Python with the packages of `peers/requirements.txt`
 * @param options - see `peers/imputation/peer_io.py` and the peer
 * @throws IoError if the peer fails; DataError if it answers something else
 */
export async function peerCounts(
  python: string,
  model: string,
  seen: AnnData,
  options: Readonly<Record<string, unknown>>,
): Promise<PeerCounts> {
  const X = toCsr(seen.X);
  const validation = seen.layers.get('validation');
  const input = npz({
    ...parts('X', X),
    ...(validation && parts('validation', toCsr(validation))),
  });
  const counts = readNpyMatrix(await runPeer(python, model, input, options));
  if (counts.nRows !== X.nRows || counts.nCols !== X.nCols) {
    throw new DataError(`the peer of ${model} gave another matrix`, {
      got: counts.shape.join(' x '),
      expected: X.shape.join(' x '),
    });
  }
  const isImputed = new Uint8Array(X.nCols);
  for (let i = 0; i < X.nRows; i++) {
    const row = counts.row(i);
    row.forEach((value, j) => {
      if (!Number.isNaN(value)) isImputed[j] = 1;
      else row[j] = X.get(i, j);
    });
  }
  return { counts, genes: seen.varNames.filter((_, j) => isImputed[j] === 1) };
}

async function runPeer(
  python: string,
  model: string,
  input: Uint8Array,
  options: Readonly<Record<string, unknown>>,
): Promise<Uint8Array> {
  const folder = await mkdtemp(join(tmpdir(), 'dance-peer-'));
  try {
    const [source, target] = [join(folder, 'input.npz'), join(folder, 'output.npy')];
    await writeFile(source, input);
    const child = spawn(python, [scriptOf(model), source, target, JSON.stringify(options)], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const status = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', resolve);
    });
    if (status !== 0) {
      throw new IoError(`the peer of ${model} ended with status ${status ?? 'none'}`, {
        remedy: 'Its own message is above; check the packages of the Python given.',
      });
    }
    return await readFile(target);
  } finally {
    await rm(folder, { recursive: true });
  }
}

function scriptOf(model: string): string {
  return fileURLToPath(new URL(`../../peers/imputation/${model}.py`, import.meta.url));
}

function parts(
  name: string,
  { data, indices, indptr, shape }: CsrMatrix,
): Record<string, NpyArray> {
  return {
    [`${name}_data`]: data,
    [`${name}_indices`]: indices,
    [`${name}_indptr`]: indptr,
    [`${name}_shape`]: Int32Array.from(shape),
  };
}
