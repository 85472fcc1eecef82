import path from 'node:path';
import { describe } from '@jest/globals';

const folder = process.env['DANCE_DATA_DIR'];

/** Path of a sample file below the folder that the environment variable DANCE_DATA_DIR names. */
export function realFile(name: string): string {
  return path.join(folder ?? '', name);
}

/** A group of tests on real files, skipped with a notice where there are none. */
export function describeWithData(name: string, tests: () => void): void {
  if (folder === undefined) console.info(`skipped, for lack of DANCE_DATA_DIR: ${name}`);
  (folder === undefined ? describe.skip : describe)(name, tests);
}
