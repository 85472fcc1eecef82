import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FormatError, ParamError } from '@dance-ts/core';
import { resultNames } from './clustering-bench/stored.js';

/** Flags of `run` of the benchmarks that have peers. */
export interface RunFlags {
  readonly seeds: string;
  readonly models?: string | undefined;
  readonly datasets?: string | undefined;
  readonly device: string;
  readonly minutes?: string | undefined;
  readonly folder: string;
}

/** Flags of those benchmarks, as `parseArgs` takes them. */
export function benchFlags(results: string, report: string) {
  return {
    seeds: { type: 'string', default: '1' },
    models: { type: 'string' },
    datasets: { type: 'string' },
    device: { type: 'string', default: 'wasm' },
    minutes: { type: 'string' },
    folder: { type: 'string', default: results },
    report: { type: 'string', default: report },
    help: { type: 'boolean', default: false },
  } as const;
}

/** @throws ParamError if it is no number of seeds */
export function seedsOf(text: string): number {
  const nSeeds = Number(text);
  if (Number.isInteger(nSeeds) && nSeeds > 0) return nSeeds;
  throw new ParamError('--seeds', { got: text, expected: 'a whole number above 0' });
}

/**
 * The command line that makes one cell, with the flags it depends on.
 *
 * @param script - name of the npm script
 */
export function commandLine(
  script: string,
  cell: { readonly model: string | null; readonly dataset: string; readonly seed: number },
  device: string,
): string {
  const set = [
    `--datasets ${cell.dataset}`,
    ...(cell.model === null ? [] : [`--models ${cell.model}`]),
    `--seeds ${cell.seed + 1}`,
    ...(device === 'wasm' ? [] : [`--device ${device}`]),
  ];
  return `npm run ${script} -- ${set.join(' ')}`;
}

/**
 * All results of a folder.
 *
 * @param schema - the version they must have
 * @throws FormatError naming a file that is none
 */
export async function readResults<Result extends { readonly schema: number }>(
  folder: string,
  schema: Result['schema'],
): Promise<Result[]> {
  const files = await resultNames(folder);
  return Promise.all(
    files.map(async (name) => {
      const file = join(folder, name);
      const result = JSON.parse(await readFile(file, 'utf8')) as Partial<Result>;
      if (result.schema === schema) return result as Result;
      throw new FormatError(`${file} is not a result of this benchmark`, {
        remedy: 'Remove it; its cell will run again.',
      });
    }),
  );
}
