import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CsrMatrix, DataError, DenseMatrix, IoError, toCsr } from '@dance-ts/core';
import type { ReferenceQuery } from '@dance-ts/datasets';
import { geneVocabulary, matchGenes, takeGenes } from '@dance-ts/transforms';
import type { Answers } from './answers.js';
import { trueLabels } from './model-answers.js';
import { npz, type NpyArray } from './npz.js';

const PEERS = new URL('../../peers/annotation/', import.meta.url);

interface PeerResult {
  /** -1 where the peer declines. */
  readonly codes: readonly number[];
  readonly probabilities: readonly (readonly number[])[];
}

/**
 * Answers of the Python implementation of a model on the same counts, genes and labels.
 *
 * @param python - a Python with the packages of `peers/requirements.txt`
 * @throws IoError if the peer fails; DataError if it answers something else
 */
export async function peerAnswers(
  python: string,
  model: string,
  { reference, query }: ReferenceQuery,
  labelKey: string,
  queryLabelKey: string | undefined,
  options: Readonly<Record<string, unknown>>,
): Promise<Answers> {
  const labels = trueLabels(reference, labelKey);
  const known = Array.from(labels.keys()).filter((i) => labels[i] !== null);
  const classes = [...new Set(known.map((i) => labels[i]!))].sort();
  const { columns } = matchGenes(geneVocabulary(reference.var), geneVocabulary(query.var));
  const input = npz({
    ...parts('Xtrain', toCsr(reference.X.selectRows(known))),
    ytrain: Int32Array.from(known, (i) => classes.indexOf(labels[i]!)),
    ...parts('Xtest', toCsr(takeGenes(query.X, columns))),
  });
  const { codes, probabilities } = await runPeer(python, model, input, options);
  if (codes.length !== query.nObs || probabilities.length !== query.nObs) {
    throw new DataError(`the peer of ${model} gave another number of answers`, {
      got: `${codes.length} and ${probabilities.length}`,
      expected: String(query.nObs),
    });
  }
  return {
    classes,
    truth: trueLabels(query, queryLabelKey),
    prediction: codes.map((code) => classes[code] ?? null),
    probabilities: DenseMatrix.fromRows(probabilities.map((row) => [...row])),
  };
}

async function runPeer(
  python: string,
  model: string,
  input: Uint8Array,
  options: Readonly<Record<string, unknown>>,
): Promise<PeerResult> {
  const folder = await mkdtemp(join(tmpdir(), 'dance-peer-'));
  try {
    const [source, target] = [join(folder, 'input.npz'), join(folder, 'output.json')];
    await writeFile(source, input);
    const script = fileURLToPath(new URL(`${model}.py`, PEERS));
    const child = spawn(python, [script, source, target, JSON.stringify(options)], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const status = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', resolve);
    });
    if (status !== 0) throw new IoError(`the peer of ${model} ended with status ${status}`);
    return JSON.parse(await readFile(target, 'utf8')) as PeerResult;
  } finally {
    await rm(folder, { recursive: true });
  }
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
