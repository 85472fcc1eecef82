import { basename } from 'node:path';
import {
  withUniqueObsNames,
  withUniqueVarNames,
  type AnnData,
  type Reporter,
  type RunOptions,
} from '@dance-ts/core';
import { describeDataset, loadDataset, resolveDatasetFile, sha256OfPath } from '@dance-ts/datasets';
import { readDataset } from '@dance-ts/io';
import type { DatasetRecord } from './result.js';

/** Where the data of a run come from: a data set of the catalogue, or a file of the user's. */
export interface DataSource {
  /** Name in the catalogue; ignored when `input` is given. */
  readonly dataset: string;
  /** Path of a file or, for some formats, of a folder. */
  readonly input?: string | undefined;
  /** Column of `obs` with the labels; the catalogue's own for its data sets. */
  readonly labelKey?: string | undefined;
  /** Folder with data files. */
  readonly dataDir?: string | undefined;
  /** Never download. */
  readonly offline?: boolean | undefined;
}

/** Loaded data and where they came from. */
export interface RunData {
  readonly data: AnnData;
  readonly record: DatasetRecord;
  /** Column with the labels; undefined if there are none to score against. */
  readonly labelKey: string | undefined;
  /** File or folder the data were read from; undefined for simulated data. */
  readonly path: string | undefined;
}

/**
 * Loads the data of a run.
 *
 * @throws IoError, FormatError, ParamError; DataError if the label column is not there
 */
export async function loadRunData(source: DataSource, options: RunOptions): Promise<RunData> {
  const { input } = source;
  const path = input ?? (await resolveDatasetFile(source.dataset, { ...source, ...options }));
  const data =
    input === undefined
      ? await loadDataset(source.dataset, { ...source, ...options })
      : withUniqueNames(await readDataset(input, options), input, options.reporter);
  const labelKey =
    source.labelKey ?? (input === undefined ? describeDataset(source.dataset).labelKey : undefined);
  if (labelKey !== undefined) data.labels(labelKey);
  return {
    data,
    labelKey,
    path,
    record: {
      name: input === undefined ? source.dataset : basename(input),
      sha256: path === undefined ? null : await sha256OfPath(path),
      nObs: data.nObs,
      nVars: data.nVars,
    },
  };
}

/**
 * Data whose cells and genes have names of their own, as results by name need them; the reporter is
 * told of what was renamed. Data without equal names are returned as they are.
 *
 * @param name - of the file, for the message
 */
export function withUniqueNames(data: AnnData, name: string, reporter?: Reporter): AnnData {
  const unique = withUniqueVarNames(withUniqueObsNames(data));
  for (const [what, old, now] of [
    ['cells', data.obsNames, unique.obsNames],
    ['genes', data.varNames, unique.varNames],
  ] as const) {
    const changed = now.filter((one, i) => one !== old[i]).length;
    if (changed === 0) continue;
    reporter?.message('info', `${name}: ${changed} ${what} with a name in use got a number (A-1)`);
  }
  return unique;
}
