import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { DataError, toCsr, type AnnData, type DenseMatrix } from '@dance-ts/core';
import { csrArrays, npz } from '../npz.js';
import { runPeer } from '../python-peer.js';
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
    ...csrArrays('X', X),
    ...(validation && csrArrays('validation', toCsr(validation))),
  });
  const program = { model, script: scriptOf(model), output: 'output.npy' };
  const counts = readNpyMatrix(await runPeer(python, program, input, options));
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

function scriptOf(model: string): string {
  return fileURLToPath(new URL(`../../peers/imputation/${model}.py`, import.meta.url));
}
