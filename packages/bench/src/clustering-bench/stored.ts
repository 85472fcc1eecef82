import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FormatError, IoError } from '@dance-ts/core';
import { CELL_RESULT_SCHEMA, type CellResult } from './cell-result.js';

/** A figure others published. */
export interface PublishedFigure {
  /** Id of the model. */
  readonly model: string;
  /** Name in our catalogue. */
  readonly dataset: string;
  readonly ari: number;
  /**
   * `full`: on the same cells and genes as ours; `cut`: ours are a part of theirs; `oracle`: the
   * epoch, or the settings, were chosen by looking at the labels; `pairs`: told of 10,000 or more
   * pairs of cells that are, or are not, of one class.
   */
  readonly marks: readonly ('full' | 'cut' | 'oracle' | 'pairs')[];
  readonly source: string;
}

/**
 * Results of finished cells, in order of their names; other files of the folder are left alone.
 *
 * @throws FormatError naming a result that is damaged or of another version
 */
export async function readResults(folder: string): Promise<CellResult[]> {
  const files = await resultNames(folder);
  return Promise.all(files.map((file) => readResult(join(folder, file))));
}

/**
 * Names of the results in a folder, in order.
 *
 * @throws IoError if there is no such folder
 */
export async function resultNames(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).filter((file) => /^[0-9a-f]{16}\.json$/.test(file)).sort();
  } catch (cause) {
    throw new IoError(`there are no results in ${folder}`, {
      remedy: 'Run the benchmark first, or name another folder with --folder.',
      cause,
    });
  }
}

/** The table of published figures. */
export async function readPublished(file: string): Promise<PublishedFigure[]> {
  return JSON.parse(await readFile(file, 'utf8')) as PublishedFigure[];
}

async function readResult(file: string): Promise<CellResult> {
  const text = await readFile(file, 'utf8');
  try {
    const result = JSON.parse(text) as Partial<CellResult>;
    if (result.schema === CELL_RESULT_SCHEMA) return result as CellResult;
  } catch {
    // Damaged: told below.
  }
  throw new FormatError(`${file} is not a result of this benchmark`, {
    remedy: 'Remove it; its cell will run again.',
  });
}
