import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import {
  IoError,
  MuData,
  ParamError,
  silentReporter,
  TextReporter,
  type AnnData,
  type Reporter,
} from '@dance-ts/core';
import {
  holdsModalities,
  readDataset,
  readH5mu,
  writeCsv,
  writeH5ad,
  writeH5mu,
  writeTenxMtx,
  writeZarr,
  type ReadDatasetOptions,
} from '@dance-ts/io';
import { Command, InvalidArgumentError } from 'commander';
import { assertFree } from './assert-writable.js';
import { settle } from './settle.js';

/** What `dance convert` writes. */
export type OutputKind = 'h5ad' | 'h5mu' | 'zarr' | 'mtx' | 'csv' | 'tsv';

/** Options of {@link convert}. */
export interface ConvertOptions extends ReadDatasetOptions {
  /** Modality to take from a file of several, or name of the only one in an .h5mu file. */
  readonly modality?: string | undefined;
  /** Format of the output; default the one its name tells. */
  readonly to?: OutputKind | undefined;
  /** Replace an output that exists; default false. */
  readonly force?: boolean | undefined;
}

const KINDS: readonly OutputKind[] = ['h5ad', 'h5mu', 'zarr', 'mtx', 'csv', 'tsv'];
/** Name of the modality of data that come without one. */
const ONLY_MODALITY = 'rna';
/** Files that a Matrix Market folder consists of, as they are written. */
const FOLDER_FILES = ['barcodes.tsv.gz', 'features.tsv.gz', 'matrix.mtx.gz'];

/**
 * Reads a data set of any known format and writes it in another one, in one step: the output is
 * there whole or not at all.
 *
 * @param input - file, folder of Matrix Market files, or Zarr store
 * @param output - file or, for Matrix Market and Zarr, folder; its ending tells the format
 * @returns a line that says what was written
 * @throws IoError if the input cannot be read, or the output exists or cannot be written
 * @throws FormatError if the input is of an unknown format or damaged
 * @throws ParamError if the output's name tells no format
 * @throws DataError if the output cannot hold the data
 */
export async function convert(
  input: string,
  output: string,
  options: ConvertOptions = {},
): Promise<string> {
  const kind = options.to ?? kindOf(output);
  await assertFreeOutput(output, kind, options.force === true);
  const data = await read(input, options);
  await write(output, kind, data, options);
  return `${output}: ${describeData(kind === 'h5mu' ? asMuData(data, options) : data)}\n`;
}

/** The command `dance convert`. */
export function convertCommand(): Command {
  return new Command('convert')
    .description(
      'convert a data set of any known format to .h5ad, .h5mu, Zarr, Matrix Market or CSV',
    )
    .argument('<input>', 'file (.h5ad, .h5mu, 10x .h5, .loom, CSV ...), 10x folder or Zarr store')
    .argument(
      '<output>',
      'file (.h5ad, .h5mu, .csv, .tsv, also .gz) or folder (.zarr, or no ending: 10x)',
    )
    .option('--to <format>', `format of the output (${KINDS.join(', ')})`, parseKind)
    .option('--force', 'replace the output if it exists (never a Zarr store)')
    .option('--modality <name>', 'the modality to take from an .h5mu file, or to name in one')
    .option('--genome <name>', '10x: the genome to read, where a file holds several')
    .option('--feature-types <names>', '10x: types of features to keep, with commas', parseList)
    .option('--var-names <which>', '10x: name genes by "symbols" or by "ids"', parseNames)
    .option('--unique-names', '10x: tell genes of the same name apart')
    .option('--prefix <text>', '10x folder: what the names of its files begin with')
    .option('--transpose', 'CSV, TSV, .mtx: rows are genes')
    .option('--delimiter <text>', 'CSV, TSV: what separates fields of the input')
    .option('--layers <names>', '.h5ad, .loom: layers to keep, with commas', parseList)
    .option('--memory <GiB>', 'most memory the values of the input may take (default 4)', parseGiB)
    .option('--quiet', 'no warnings')
    .option('--verbose', 'show the stack of an error')
    .addHelpText('after', '\nExample:\n  $ dance convert filtered_feature_bc_matrix.h5 cells.h5ad')
    .action(runConvert);
}

interface Flags extends Omit<ConvertOptions, 'signal' | 'reporter' | 'memoryBudget'> {
  readonly memory?: number;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
}

/** Warnings go to stderr; an interruption leaves no output. */
async function runConvert(input: string, output: string, flags: Flags): Promise<void> {
  const { memory, quiet, verbose, ...options } = flags;
  await settle(async (signal) => {
    const reporter =
      quiet === true ? silentReporter : new TextReporter((text) => process.stderr.write(text));
    const given = { ...options, memoryBudget: memory, signal, reporter };
    process.stdout.write(await convert(input, output, given));
  }, verbose);
}

async function read(input: string, options: ConvertOptions): Promise<AnnData | MuData> {
  if (!(await holdsModalities(input))) return readDataset(input, options);
  const data = await readH5mu(input, options);
  return options.modality === undefined ? data : data.get(options.modality);
}

async function write(
  output: string,
  kind: OutputKind,
  data: AnnData | MuData,
  options: ConvertOptions,
): Promise<void> {
  const { signal, reporter } = options;
  if (kind === 'h5mu') {
    await writeH5mu(output, asMuData(data, options), { signal, reporter });
    return;
  }
  const single = data instanceof MuData ? onlyModality(data) : data;
  if (kind === 'h5ad') {
    await writeH5ad(output, single, { signal, reporter });
    return;
  }
  if (kind === 'zarr') {
    await writeZarr(output, single, { signal, reporter });
    return;
  }
  warnOfLosses(kind, single, reporter);
  if (kind === 'mtx') {
    await writeTenxMtx(output, single, { signal });
  } else {
    const delimiter = kind === 'tsv' ? '\t' : ',';
    await writeCsv(output, single, { signal, delimiter, gzip: output.endsWith('.gz') });
  }
}

/** Format that a name tells: by its ending, or a folder where there is none. */
function kindOf(output: string): OutputKind {
  const ending = path.extname(output.replace(/\.gz$/i, '')).slice(1).toLowerCase();
  if (ending === '' || output.endsWith(path.sep)) return 'mtx';
  if (KINDS.some((kind) => kind === ending)) return ending as OutputKind;
  throw new ParamError(`the name ${output} tells no format that can be written`, {
    got: `.${ending}`,
    expected: '.h5ad, .h5mu, .zarr, .csv, .tsv, or no ending for a Matrix Market folder',
    remedy: 'Name another output, or give --to.',
  });
}

/** Refuses an output before the work: one that exists, unless it is to be replaced. */
async function assertFreeOutput(output: string, kind: OutputKind, force: boolean): Promise<void> {
  if (kind === 'mtx' || kind === 'zarr') {
    // A Zarr store consists of too many files to be replaced in one step.
    await assertFreeFolder(output, force && kind === 'mtx');
    return;
  }
  await assertFree(output, force);
}

/** Only the files of an earlier conversion are replaced: anything else would lie beside them. */
async function assertFreeFolder(output: string, force: boolean): Promise<void> {
  const status = await stat(output).catch(() => undefined);
  if (status === undefined) return;
  if (!status.isDirectory()) {
    throw new IoError(`${output} exists already and is no folder`, {
      remedy: 'Name another output.',
    });
  }
  const files = await readdir(output);
  if (files.length === 0) return;
  const other = files.find((file) => !FOLDER_FILES.includes(file));
  if (force && other === undefined) return;
  throw new IoError(`the folder ${output} is not empty`, {
    got: files.slice(0, 6).join(', '),
    remedy:
      other === undefined
        ? 'Give --force to replace its files, or name another output.'
        : 'Name a new folder.',
  });
}

function onlyModality(data: MuData): AnnData {
  const [first, ...others] = data.names;
  if (first !== undefined && others.length === 0) return data.get(first);
  throw new ParamError('the input holds several modalities, and the output can hold one', {
    got: data.names.join(', '),
    expected: 'one of them as --modality',
    remedy: 'Or name an output that ends in .h5mu.',
  });
}

function asMuData(data: AnnData | MuData, { modality }: ConvertOptions): MuData {
  return data instanceof MuData ? data : new MuData([[modality ?? ONLY_MODALITY, data]]);
}

/** Says what a format of plain text leaves out. */
function warnOfLosses(kind: OutputKind, data: AnnData, reporter: Reporter | undefined): void {
  const kept = kind === 'mtx' ? ['gene_ids', 'feature_types'] : [];
  const columns = (axis: 'obs' | 'var'): string[] =>
    data[axis].columnNames.filter((name) => !kept.includes(name)).map((name) => `${axis}.${name}`);
  const slots = ['layers', 'obsm', 'varm', 'obsp', 'varp', 'uns'] as const;
  const lost = [
    ...columns('obs'),
    ...columns('var'),
    ...slots.filter((slot) => data[slot].size > 0),
    ...(data.raw === undefined ? [] : ['raw']),
  ];
  if (lost.length === 0) return;
  const more = lost.length > 8 ? ` and ${lost.length - 8} more` : '';
  const what = kind === 'mtx' ? 'a Matrix Market folder holds' : 'a table holds';
  reporter?.message(
    'warning',
    `${what} X and the names only; left out: ${lost.slice(0, 8).join(', ')}${more}`,
  );
}

function describeData(data: AnnData | MuData): string {
  if (data instanceof MuData) {
    return data.names.map((name) => `${name} ${describeData(data.get(name))}`).join('; ');
  }
  const form = !data.hasX
    ? 'no X'
    : data.X.kind === 'csr'
      ? `${data.X.nnz} stored values`
      : 'dense';
  return `${data.nObs} cells x ${data.nVars} genes, ${form}`;
}

function parseKind(text: string): OutputKind {
  const kind = KINDS.find((each) => each === text);
  if (kind === undefined) throw new InvalidArgumentError(`Choose one of ${KINDS.join(', ')}.`);
  return kind;
}

function parseNames(text: string): 'symbols' | 'ids' {
  if (text === 'symbols' || text === 'ids') return text;
  throw new InvalidArgumentError('Choose symbols or ids.');
}

function parseList(text: string): string[] {
  return text.split(',').filter((item) => item !== '');
}

function parseGiB(text: string): number {
  const bytes = Number(text) * 2 ** 30;
  if (bytes > 0 && Number.isFinite(bytes)) return bytes;
  throw new InvalidArgumentError('Give a positive number.');
}
