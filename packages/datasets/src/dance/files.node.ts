import { join } from 'node:path';
import { IoError, ParamError, type RunOptions, type Task } from '@dance-ts/core';
import { describeDanceDataset, howToGet } from '../catalogue/dance/catalogue.js';
import type { DanceDataset } from '../catalogue/dance/entry.js';
import { isFile } from '../files/checksum.node.js';

/** Where the files of a data set of DANCE are. */
export interface DanceFolderOptions extends RunOptions {
  /** Folder with the files in DANCE's layout; default DANCE_DATA_DIR. */
  readonly dataDir?: string | undefined;
}

/** A data set of DANCE whose files are looked for in a folder. */
export interface DanceFolder {
  readonly entry: DanceDataset;
  /** Path of a file named relative to the data folder. */
  readonly pathOf: (file: string) => string;
}

/**
 * The data set of that name and the folder it is read from.
 *
 * @throws ParamError for an unknown name, or one that another loader reads; IoError if no folder is
 *   named
 */
export function danceFolder(
  name: string,
  loader: DanceDataset['loader'],
  { dataDir = process.env['DANCE_DATA_DIR'] }: DanceFolderOptions,
  task?: Task,
): DanceFolder {
  const entry = describeDanceDataset(name, task);
  if (entry.loader !== loader) {
    throw new ParamError(`${loader} does not read "${name}"`, {
      remedy: `Use ${entry.loader}.`,
    });
  }
  if (dataDir === undefined || dataDir === '') {
    throw new IoError(`data set "${name}" of DANCE needs a folder with its files`, {
      expected: 'dataDir or DANCE_DATA_DIR',
      remedy: howToGet(entry),
    });
  }
  return { entry, pathOf: (file) => join(dataDir, file) };
}

/**
 * Paths of files that must be there.
 *
 * @throws IoError that says where to get them
 */
export async function presentFiles(
  { entry, pathOf }: DanceFolder,
  files: readonly string[] = entry.files,
): Promise<string[]> {
  const paths = files.map(pathOf);
  for (const path of paths) {
    if (await isFile(path)) continue;
    throw new IoError(`data set "${entry.name}" of DANCE lacks ${path}`, {
      remedy: howToGet(entry),
    });
  }
  return paths;
}

/** The first of several paths that is a file; undefined if none is. */
export async function firstPresent(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) if (await isFile(path)) return path;
  return undefined;
}
