import { readFile } from 'node:fs/promises';
import { DataError, Rng } from '@dance-ts/core';
import { consensusClusters } from '@dance-ts/ml';
import type { CellResult } from './cell-result.js';
import { decodeLabels } from './labels.js';
import { resultFile } from './run-cells.js';

/**
 * What the clusters of several finished cells have in common.
 *
 * @param members - names of their results
 * @param folder - where these are
 * @throws DataError if one has not finished, or has no clusters
 */
export async function consensusOfCells(
  members: readonly string[],
  { folder, nClusters, seed }: { folder: string; nClusters: number; seed: number },
): Promise<Int32Array> {
  const partitions = await Promise.all(members.map((hash) => labelsOf(hash, folder)));
  return consensusClusters(partitions, { nClusters, rng: Rng.fromSeed(seed).fork('consensus') });
}

async function labelsOf(hash: string, folder: string): Promise<Int32Array> {
  const file = resultFile(folder, { hash });
  let labels: string | null | undefined;
  try {
    ({ labels } = JSON.parse(await readFile(file, 'utf8')) as CellResult);
  } catch {
    labels = undefined;
  }
  if (typeof labels === 'string') return decodeLabels(labels);
  throw new DataError(`${file} holds no clusters for a consensus`, {
    remedy: 'Remove it if it is there, and run the same command again.',
  });
}
