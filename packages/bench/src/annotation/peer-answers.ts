import { fileURLToPath } from 'node:url';
import { DataError, DenseMatrix, toCsr } from '@dance-ts/core';
import type { ReferenceQuery } from '@dance-ts/datasets';
import { geneVocabulary, matchGenes, takeGenes } from '@dance-ts/transforms';
import { runPeer } from '../python-peer.js';
import type { Answers } from './answers.js';
import { trueLabels } from './model-answers.js';
import { csrArrays, npz } from '../npz.js';

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
    ...csrArrays('Xtrain', toCsr(reference.X.selectRows(known))),
    ytrain: Int32Array.from(known, (i) => classes.indexOf(labels[i]!)),
    ...csrArrays('Xtest', toCsr(takeGenes(query.X, columns))),
  });
  const script = fileURLToPath(new URL(`${model}.py`, PEERS));
  const answer = await runPeer(python, { model, script, output: 'output.json' }, input, options);
  const { codes, probabilities } = JSON.parse(new TextDecoder().decode(answer)) as PeerResult;
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
