import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  categoricalColumn,
  Rng,
  type AnnData,
  type DenseMatrix,
  type RunOptions,
} from '@dance-ts/core';
import { writeFileAtomic } from '@dance-ts/io';
import { silhouetteSamples } from '@dance-ts/metrics';
import {
  categoryColors,
  confusionPlot,
  dotPlot,
  embeddingPlot,
  historyPlot,
  renderPng,
  renderSvg,
  silhouettePlot,
  type Plot,
} from '@dance-ts/plotting';
import { finiteRows } from './layout.js';

/** What pictures are drawn of. */
export interface Pictured extends RunOptions {
  readonly data: AnnData;
  readonly labels: string;
  readonly truth: string | undefined;
  readonly seed: number;
}

/** Genes of each group, the best first. */
export interface GenesOfGroups {
  readonly byGroup: readonly {
    readonly group: string;
    readonly names: readonly string[];
    readonly scores: ArrayLike<number>;
  }[];
}

/** Genes shown of each group. */
const TOP_GENES = 3;
/** More cells than this are sampled for silhouettes, which take time in proportion to the square. */
const SILHOUETTE_CELLS = 10_000;
const PNG_SCALE = 2;

/** Cells in their layout, colored by a column of obs; those without a place are left out. */
export function layoutPicture(
  { data, signal }: Pictured,
  basis: string,
  color: string,
): Promise<Plot> {
  const rows = finiteRows(data.obsm.get(basis) as DenseMatrix);
  const cells = rows.length === data.nObs ? data : data.subset({ obs: rows });
  return embeddingPlot(cells, { basis, color, legend: 'both', signal });
}

/**
 * The best genes of each group in all groups.
 *
 * @param logs - log-normalized expression with the labels
 */
export function markerPicture(
  logs: AnnData,
  { labels, signal }: Pictured,
  ranked: GenesOfGroups,
): Promise<Plot> {
  const shown = new Set<string>();
  const genes: Record<string, string[]> = {};
  for (const { group, names, scores } of ranked.byGroup) {
    const best = names.filter((name, rank) => scores[rank]! > 0 && !shown.has(name));
    const top = best.slice(0, TOP_GENES);
    for (const name of top) shown.add(name);
    if (top.length > 0) genes[group] = top;
  }
  return dotPlot(logs, { genes, groupby: labels, scaled: true, signal });
}

/** Loss terms over the epochs. */
export function trainingPicture(history: Readonly<Record<string, number[]>>): Plot {
  return historyPlot(history, { title: 'training' });
}

/** How the labels go together with the true ones. */
export function confusionPicture({ data, labels, truth = labels }: Pictured): Plot {
  return confusionPlot(data.labels(truth), data.labels(labels), {
    truthTitle: truth,
    predictedTitle: labels,
  });
}

/** How well each cell lies in its group, in the space distances are measured in. */
export async function silhouettePicture(
  { data, labels, seed, signal }: Pictured,
  places: DenseMatrix,
): Promise<Plot> {
  const { codes, categories } = data.labels(labels);
  const known = finiteRows(places).filter((row) => codes[row]! >= 0);
  const order = Rng.fromSeed(seed).fork('silhouette').permutation(known.length);
  const rows = Int32Array.from(order.slice(0, SILHOUETTE_CELLS), (place) => known[place]!).sort();
  const ofRows = Int32Array.from(rows, (row) => codes[row]!);
  const values = await silhouetteSamples(places.selectRows(rows), ofRows, { signal });
  const colors = categoryColors(data.view(), labels);
  return silhouettePlot(values, categoricalColumn(ofRows, categories), { colors });
}

/**
 * Writes a plot as PNG and as SVG, into a folder that is made if there is none.
 *
 * @param name - of the files, without an ending
 * @returns their paths
 */
export async function writePicture(
  folder: string,
  name: string,
  plot: Plot,
  { signal }: RunOptions,
): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const file = join(folder, name);
  await writeFileAtomic(`${file}.svg`, await renderSvg(plot, { signal }));
  await writeFileAtomic(`${file}.png`, await renderPng(plot, { scale: PNG_SCALE, signal }));
  return [`${file}.png`, `${file}.svg`];
}
