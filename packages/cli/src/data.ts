import {
  DataError,
  IoError,
  silentReporter,
  TextReporter,
  throwIfAborted,
  type Reporter,
} from '@dance-ts/core';
import {
  cacheFolder,
  describeAnnotationPair,
  listAnnotationPairs,
  listDatasets,
  resolveDatasetFile,
  type DatasetEntry,
} from '@dance-ts/datasets';
import { Command } from 'commander';
import { choose } from './choose.js';
import { settle } from './settle.js';
import { taskNamed } from './tasks.js';
import { textTable } from './text-table.js';

interface Flags {
  readonly task?: string;
  readonly json: boolean;
  readonly offline: boolean;
  readonly dataDir?: string;
  readonly quiet: boolean;
  readonly verbose: boolean;
}

/** A data set and where its file is; undefined: not on this machine. */
interface Located {
  readonly entry: DatasetEntry;
  readonly path: string | null | undefined;
}

/** The command `dance data` with its subcommands. */
export function dataCommand(): Command {
  return new Command('data')
    .description('list, download and find data sets')
    .addCommand(listSets())
    .addCommand(getSet())
    .addCommand(pathOfSet())
    .addHelpText('after', '\nExample:\n  $ dance data get worm_neuron');
}

function subcommand(name: string, description: string, example: string): Command {
  return new Command(name)
    .description(description)
    .option('--data-dir <folder>', 'folder with the data files (else DANCE_DATA_DIR, cache)')
    .option('--json', 'print JSON', false)
    .option('--verbose', 'show the stack of an error', false)
    .addHelpText('after', `\nExample:\n  $ ${example}`);
}

function listSets(): Command {
  return subcommand(
    'list',
    'list data sets with source, license, and where they are on this machine',
    'dance data list --task clustering',
  )
    .option('--task <task>', 'only those that serve this task')
    .action((flags: Flags) =>
      settle(async (signal) => {
        const entries = listDatasets(
          flags.task === undefined ? {} : { task: taskNamed(flags.task) },
        );
        const located: Located[] = [];
        for (const entry of entries) located.push(await locate(entry, flags, signal));
        process.stdout.write(flags.json ? asJson(located.map(record)) : listText(located));
      }, flags.verbose),
    );
}

function getSet(): Command {
  return subcommand(
    'get',
    'download a data set into the cache, unless it is on this machine already',
    'dance data get worm_neuron',
  )
    .argument('<name>', 'name of a data set')
    .option('--offline', 'never download', false)
    .option('--quiet', 'no progress', false)
    .action((name: string, flags: Flags) =>
      settle(async (signal) => {
        await tellPaths(name, flags, signal, flags.offline);
      }, flags.verbose),
    );
}

function pathOfSet(): Command {
  return subcommand(
    'path',
    'tell where the file of a data set is on this machine',
    'dance data path worm_neuron',
  )
    .argument('<name>', 'name of a data set')
    .action((name: string, flags: Flags) =>
      settle(async (signal) => {
        await tellPaths(name, flags, signal, true);
      }, flags.verbose),
    );
}

/** Prints one path a line, or JSON. */
async function tellPaths(
  name: string,
  { dataDir, json, quiet }: Flags,
  signal: AbortSignal,
  offline: boolean,
): Promise<void> {
  const reporter: Reporter = quiet
    ? silentReporter
    : new TextReporter((line) => void process.stderr.write(line));
  const located: Located[] = [];
  for (const entry of entriesNamed(name)) {
    const options = { dataDir, offline, signal, reporter };
    const path = await resolveDatasetFile(entry.name, options);
    located.push({ entry, path: path ?? null });
  }
  process.stdout.write(json ? asJson(located.map(record)) : located.map(pathLine).join(''));
}

/** The data set of that name, or both of a reference and a query. */
function entriesNamed(name: string): DatasetEntry[] {
  const entries = listDatasets();
  const entry = entries.find((one) => one.name === name || one.aliases?.includes(name));
  if (entry !== undefined) return [entry];
  const names = [...entries, ...listAnnotationPairs()].map((one) => one.name);
  const { reference, query } = describeAnnotationPair(
    choose('data set', name, names, (one) => one),
  );
  const parts = typeof query === 'string' ? [reference, query] : [reference];
  return parts.map((part) => choose('data set', part, entries, (one) => one.name));
}

async function locate(
  entry: DatasetEntry,
  { dataDir }: Flags,
  signal: AbortSignal,
): Promise<Located> {
  throwIfAborted(signal);
  try {
    const path = await resolveDatasetFile(entry.name, { dataDir, offline: true, signal });
    return { entry, path: path ?? null };
  } catch (error) {
    // Another file in its place is as good as none.
    if (!(error instanceof IoError || error instanceof DataError)) throw error;
    return { entry, path: undefined };
  }
}

function record({ entry, path }: Located): object {
  const { name, title, task, file, source, origin } = entry;
  return { name, title, task, file, source, origin, path: path ?? null, simulated: file === null };
}

function pathLine({ entry, path }: Located): string {
  return path ? `${path}\n` : `${entry.name} is simulated and needs no file\n`;
}

function listText(located: readonly Located[]): string {
  const rows = located.map(({ entry, path }) => [
    entry.name,
    entry.file === null ? '-' : megabytes((entry.source ?? entry.file).bytes),
    entry.source?.license ?? '-',
    path ?? (path === null ? '(simulated)' : placeOf(entry)),
  ]);
  return `${textTable(['DATA SET', 'SIZE', 'LICENSE', 'WHERE'], rows)}\nCache: ${cacheFolder()}\n`;
}

/** Where a file that is not here can be had. */
function placeOf({ source, origin }: DatasetEntry): string {
  return source === null ? `not here; ${origin ?? 'see its paper'}` : `not here; ${source.url}`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

function asJson(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
