import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import { IoError, type RunOptions } from '@dance-ts/core';
import { describeDataset } from '../catalogue/catalogue.js';
import { isFile, verifyFile } from './checksum.node.js';
import { downloadFile, type DownloadOptions } from './download.node.js';

/** Where data files are looked for. */
export interface ResolveOptions extends RunOptions {
  /** Folder with data files; nothing else is looked at if it is given. */
  readonly dataDir?: string | undefined;
  /** Folder for downloads; default DANCE_CACHE_DIR or the user's cache folder. */
  readonly cacheDir?: string | undefined;
  /** Never download; default true if DANCE_OFFLINE is set to something other than 0. */
  readonly offline?: boolean | undefined;
  /** For tests against a local server. */
  readonly download?: Pick<DownloadOptions, 'allowHttpFrom' | 'tries' | 'backoffMs'>;
}

/**
 * Path of a data set's file, checked against its pinned checksum: in `dataDir`, else in the folder
 * named by DANCE_DATA_DIR, else in the cache, else downloaded into the cache.
 *
 * @returns undefined for a simulated data set, which needs no file
 * @throws ParamError for an unknown name
 * @throws IoError if the file is nowhere and cannot be downloaded; DataError if it is another file
 */
export async function resolveDatasetFile(
  name: string,
  options: ResolveOptions = {},
): Promise<string | undefined> {
  const { file, source, origin = 'the address of its paper', ...entry } = describeDataset(name);
  if (file === null) return undefined;
  const dataDir = options.dataDir ?? process.env['DANCE_DATA_DIR'];
  if (dataDir !== undefined && dataDir !== '') {
    const path = join(dataDir, file.path);
    if (await isFile(path)) {
      await verifyFile(path, file);
      return path;
    }
    if (options.dataDir !== undefined) {
      throw new IoError(`${options.dataDir} does not hold data set "${entry.name}"`, {
        expected: `a file ${file.path} in it`,
        remedy: 'Give the folder that holds it, or leave out --data-dir to search elsewhere.',
      });
    }
  }
  if (source === null) {
    throw new IoError(`data set "${entry.name}" cannot be downloaded`, {
      got: 'no public file of it that stays as it is',
      expected: `a folder with ${file.path} as --data-dir or DANCE_DATA_DIR`,
      remedy: `The original is at ${origin}; a file made from it can be used as --input.`,
    });
  }
  const extension = basename(new URL(source.url).pathname).replace(/^.*\./, '');
  const cached = join(
    cacheFolder(options),
    `${entry.name}-${source.sha256.slice(0, 12)}.${extension}`,
  );
  if (!(await isFile(cached))) {
    if (options.offline ?? isOffline()) {
      throw new IoError(`data set "${entry.name}" is not on this machine, and downloads are off`, {
        remedy: 'Leave out --offline (DANCE_OFFLINE), or give its folder with --data-dir.',
      });
    }
    options.reporter?.message('info', `downloading ${source.url}`);
    await downloadFile(source.url, cached, source, { ...options, ...options.download });
  }
  await verifyFile(cached, source);
  return cached;
}

/** The user's cache folder for data files. */
export function cacheFolder(options: Pick<ResolveOptions, 'cacheDir'> = {}): string {
  const { env, platform } = process;
  const named = options.cacheDir ?? env['DANCE_CACHE_DIR'];
  if (named !== undefined && named !== '') return named;
  if (platform === 'win32') {
    return join(env['LOCALAPPDATA'] ?? join(homedir(), 'AppData', 'Local'), 'dance-ts', 'Cache');
  }
  if (platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'dance-ts');
  return join(env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'dance-ts');
}

function isOffline(): boolean {
  const value = process.env['DANCE_OFFLINE'] ?? '';
  return value !== '' && value !== '0';
}
