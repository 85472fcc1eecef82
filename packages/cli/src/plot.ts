import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import {
  DenseMatrix,
  FormatError,
  IoError,
  ParamError,
  type AnnData,
  type RunOptions,
} from '@dance-ts/core';
import type { Plot } from '@dance-ts/plotting';
import { Argument, Command, InvalidArgumentError } from 'commander';
import { assertFree } from './assert-writable.js';
import { settle } from './settle.js';

const KINDS = ['embedding', 'spatial', 'markers', 'confusion', 'silhouette', 'training'] as const;
type Kind = (typeof KINDS)[number];

interface Flags {
  readonly color?: string;
  readonly basis?: string;
  readonly groupby?: string;
  readonly genes?: string[];
  readonly truth?: string;
  readonly layer?: string;
  readonly title?: string;
  readonly output?: string;
  readonly scale: number;
  readonly force: boolean;
  readonly verbose: boolean;
}

const ENDINGS = ['.png', '.svg', '.json'];

/** The command `dance plot`. */
export function plotCommand(): Command {
  return new Command('plot')
    .description('draw a picture of a data file, or of the training of a run')
    .addArgument(new Argument('<kind>', 'what to draw').choices(KINDS))
    .argument('<file>', 'data of any known format; for training the --json of a run')
    .option('--color <name>', 'embedding, spatial: column of obs, or gene')
    .option(
      '--basis <key>',
      'embedding: key of obsm (default X_umap); silhouette: where distances are',
    )
    .option('--groupby <column>', 'markers, confusion, silhouette: column of obs with the groups')
    .option('--genes <names>', 'markers: genes, with commas (default the ranked ones)', parseList)
    .option('--truth <column>', 'confusion: column of obs with the true labels')
    .option('--layer <name>', 'layer with log expression (default: log of X scaled to 10,000)')
    .option('--title <text>', 'above the picture')
    .option('--output <file>', 'picture (.png, .svg) or Vega-Lite specification (.json)')
    .option('--scale <number>', 'pixels of a .png for each one of the .svg', parseScale, 2)
    .option('--force', 'replace the output if it exists', false)
    .option('--verbose', 'show the stack of an error', false)
    .addHelpText(
      'after',
      '\nThe picture is written to <kind>.png unless --output names another file.\n\n' +
        'Example:\n  $ dance plot embedding out.h5ad --color graphsc --output umap.png',
    )
    .action((kind: Kind, file: string, flags: Flags) =>
      settle((signal) => plotFile(kind, file, flags, signal), flags.verbose),
    );
}

async function plotFile(
  kind: Kind,
  file: string,
  flags: Flags,
  signal: AbortSignal,
): Promise<void> {
  const output = flags.output ?? `${kind}.png`;
  const ending = extname(output).toLowerCase();
  if (!ENDINGS.includes(ending)) {
    throw new ParamError('flag --output', {
      got: output,
      expected: `a name in ${ENDINGS.join(', ')}`,
    });
  }
  await assertFree(output, flags.force);
  const plot =
    kind === 'training' ? await training(file, flags) : await ofData(kind, file, flags, signal);
  const { writeFileAtomic } = await import('@dance-ts/io');
  await writeFileAtomic(output, await rendered(plot, ending, flags.scale, signal));
  process.stdout.write(`${output}: ${kind}, ${plot.width} x ${plot.height}\n`);
}

async function rendered(
  plot: Plot,
  ending: string,
  scale: number,
  signal: AbortSignal,
): Promise<Uint8Array | string> {
  const { renderPng, renderSvg } = await import('@dance-ts/plotting');
  if (ending === '.json') return `${JSON.stringify(plot.spec, null, 2)}\n`;
  return ending === '.svg' ? renderSvg(plot, { signal }) : renderPng(plot, { scale, signal });
}

async function ofData(
  kind: Exclude<Kind, 'training'>,
  file: string,
  flags: Flags,
  signal: AbortSignal,
): Promise<Plot> {
  const { readDataset } = await import('@dance-ts/io');
  const { embeddingPlot, spatialPlot } = await import('@dance-ts/plotting');
  const data = await readDataset(file, { signal });
  const { title } = flags;
  const common = { signal, ...(title === undefined ? {} : { title }) };
  switch (kind) {
    case 'embedding': {
      const basis = flags.basis ?? 'X_umap';
      const color = needed(flags.color, '--color');
      return embeddingPlot(await placed(data, basis), { basis, color, ...common });
    }
    case 'spatial':
      return spatialPlot(data, { color: needed(flags.color, '--color'), ...common });
    case 'markers':
      return markers(data, flags, { signal });
    case 'confusion':
      return confusion(data, flags);
    case 'silhouette':
      return silhouette(data, flags, { signal });
  }
}

/** Cells that have a place in an embedding. */
async function placed(data: AnnData, basis: string): Promise<AnnData> {
  const places = data.obsm.get(basis) ?? data.obsm.get(`X_${basis}`);
  if (!(places instanceof DenseMatrix)) return data;
  const { finiteRows } = await import('./findings/layout.js');
  const rows = finiteRows(places);
  return rows.length === data.nObs ? data : data.subset({ obs: rows });
}

async function markers(data: AnnData, flags: Flags, run: RunOptions): Promise<Plot> {
  const { dotPlot } = await import('@dance-ts/plotting');
  const { logExpression } = await import('./findings/log-expression.js');
  const { storedMarkers } = await import('./findings/stored-markers.js');
  const { layer, title } = flags;
  const stored = flags.genes === undefined ? storedMarkers(data) : undefined;
  const genes = flags.genes ?? stored?.genes;
  const groupby = flags.groupby ?? stored?.groupby;
  return dotPlot(layer === undefined ? await logExpression(data, run) : data, {
    genes: needed(genes, '--genes'),
    groupby: needed(groupby, '--groupby'),
    scaled: true,
    ...(layer === undefined ? {} : { layer }),
    ...(title === undefined ? {} : { title }),
    signal: run.signal,
  });
}

async function confusion(data: AnnData, { truth, groupby, title }: Flags): Promise<Plot> {
  const { confusionPlot } = await import('@dance-ts/plotting');
  const [rows, columns] = [needed(truth, '--truth'), needed(groupby, '--groupby')];
  return confusionPlot(data.labels(rows), data.labels(columns), {
    ...{ truthTitle: rows, predictedTitle: columns },
    ...(title === undefined ? {} : { title }),
  });
}

async function silhouette(data: AnnData, flags: Flags, run: RunOptions): Promise<Plot> {
  const { silhouettePicture } = await import('./findings/pictures.js');
  const labels = needed(flags.groupby, '--groupby');
  const basis = flags.basis ?? `X_${labels}`;
  const places = data.obsm.get(basis);
  if (!(places instanceof DenseMatrix)) {
    throw new ParamError('flag --basis', {
      got: `"${basis}"`,
      expected: `a matrix of obsm: ${[...data.obsm.keys()].join(', ') || 'there is none'}`,
    });
  }
  return silhouettePicture({ data, labels, truth: undefined, seed: 0, ...run }, places);
}

/** Loss terms of a run, or of the first of several. */
async function training(file: string, { title }: Flags): Promise<Plot> {
  const { historyPlot } = await import('@dance-ts/plotting');
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new IoError(`cannot read ${file}`, { remedy: 'Check the path and permissions.', cause });
  });
  return historyPlot(historyOf(text, file), title === undefined ? {} : { title });
}

function historyOf(text: string, file: string): Record<string, number[]> {
  interface Run {
    readonly history?: Record<string, number[]>;
    readonly runs?: readonly Run[];
  }
  let run: Run | null = null;
  try {
    run = JSON.parse(text) as Run | null;
  } catch {
    run = null;
  }
  const history = run?.history ?? run?.runs?.[0]?.history;
  if (history !== undefined) return history;
  throw new FormatError(`${file} is not the result of a run`, {
    remedy: 'Name the file that dance run wrote with --json.',
  });
}

function needed<T>(value: T | undefined, flag: string): T {
  if (value !== undefined) return value;
  throw new ParamError(`flag ${flag}`, { got: 'nothing', expected: 'a value for this picture' });
}

function parseList(text: string): string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

function parseScale(text: string): number {
  const scale = Number(text);
  if (scale > 0 && Number.isFinite(scale)) return scale;
  throw new InvalidArgumentError('Give a positive number.');
}
