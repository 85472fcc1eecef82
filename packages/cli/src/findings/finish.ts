import type { FinishRun, RunFindings } from '@dance-ts/bench';
import {
  AbortError,
  DanceError,
  DataError,
  DenseMatrix,
  errorMessage,
  ParamError,
  type AnnData,
  type Reporter,
  type RunOptions,
} from '@dance-ts/core';
import { categoryColors, type Plot } from '@dance-ts/plotting';
import type { CommonFlags } from '../run-flags.js';
import { explainGroups, explanationRecord } from './explanation.js';
import { freeKey } from './free-key.js';
import { layOut, principalComponents } from './layout.js';
import { logExpression } from './log-expression.js';
import { findMarkers } from './markers.js';
import {
  confusionPicture,
  layoutPicture,
  markerPicture,
  silhouettePicture,
  trainingPicture,
  writePicture,
  type Pictured,
} from './pictures.js';

type Wanted = Pick<CommonFlags, 'output' | 'plots' | 'markers' | 'umap' | 'explain'>;

/**
 * What is done after a run: marker genes, a UMAP, explanations, colors, pictures. Whatever of it cannot be done is
 * told as a warning: the result of the training is worth more.
 *
 * @returns undefined if nothing is wanted
 * @throws ParamError if something is wanted that has no place to go
 */
export function finisherOf(wanted: Wanted): FinishRun | undefined {
  const { output, plots } = wanted;
  if (output !== undefined || plots !== undefined) {
    return (findings, run) => new Finish(wanted, findings, run).all();
  }
  for (const flag of ['markers', 'umap', 'explain'] as const) {
    if (wanted[flag] !== true) continue;
    throw new ParamError(`flag --${flag}`, {
      got: 'neither --output nor --plots',
      expected: 'one of them, to write what is found',
    });
  }
  return undefined;
}

/** The work on the findings of one run. */
class Finish {
  private readonly data: AnnData;
  private readonly reporter: Reporter | undefined;
  private readonly drawn: string[] = [];
  private logs: Promise<AnnData> | undefined;

  constructor(
    private readonly wanted: Wanted,
    private readonly findings: RunFindings,
    private readonly run: RunOptions,
  ) {
    this.data = findings.data;
    this.reporter = run.reporter;
  }

  async all(): Promise<void> {
    const { labels, result } = this.findings;
    await this.draw('training', () =>
      Object.keys(result.history).length === 0 ? undefined : trainingPicture(result.history),
    );
    if (labels !== undefined) await this.groups(labels);
    if (this.drawn.length > 0) this.reporter?.message('info', `wrote ${this.drawn.join(', ')}`);
  }

  private async groups(labels: string): Promise<void> {
    if (this.data.labels(labels).codes.every((code) => code < 0)) {
      this.reporter?.message(
        'warning',
        'no cell has a label: there are no markers and no pictures',
      );
      return;
    }
    const { truth, result } = this.findings;
    const pictured: Pictured = { data: this.data, labels, truth, seed: result.seed, ...this.run };
    categoryColors(this.data, labels);
    if (truth !== undefined) await this.draw('confusion', () => confusionPicture(pictured));
    if (this.wanted.markers !== false) await this.markers(pictured);
    if (this.wanted.umap !== false) await this.umap(pictured);
    if (this.wanted.explain === true) await this.explanation(pictured);
  }

  private async markers(pictured: Pictured): Promise<void> {
    await this.attempt('marker genes', async () => {
      const key = this.freeKey(this.data.uns, 'rank_genes_groups');
      const logs = await this.logExpression();
      const groupby = pictured.labels;
      const ranked = await findMarkers(logs, { groupby, key, ...this.run });
      const stored = logs.uns.get(key);
      if (stored !== undefined) this.data.uns.set(key, stored);
      await this.draw('markers', () => markerPicture(logs, pictured, ranked));
    });
  }

  private async umap(pictured: Pictured): Promise<void> {
    const { labels, truth, seed } = pictured;
    await this.attempt('UMAP', async () => {
      const options = { ...this.run, seed };
      const latent = this.data.obsm.get(`X_${labels}`);
      const places =
        latent instanceof DenseMatrix
          ? latent
          : await principalComponents(await this.logExpression(), options);
      const { coordinates, parameters } = await layOut(places, options);
      const key = this.freeKey(this.data.obsm, 'X_umap');
      this.data.obsm.set(key, coordinates);
      if (parameters !== undefined && key === 'X_umap') this.data.uns.set('umap', parameters);
      await this.draw('umap', () => layoutPicture(pictured, key, labels));
      if (truth !== undefined) {
        await this.draw('umap-truth', () => layoutPicture(pictured, key, truth));
      }
      await this.draw('silhouette', () => silhouettePicture(pictured, places));
    });
  }

  private async explanation(pictured: Pictured): Promise<void> {
    const { explain, result } = this.findings;
    await this.attempt('explanation', async () => {
      if (explain === undefined) {
        throw new DataError(`${result.model} does not tell which genes its labels rest on`);
      }
      const { labels } = pictured;
      const markers = await explainGroups(this.data.labels(labels), explain);
      const key = this.freeKey(this.data.uns, `${labels}_explanation`);
      this.data.uns.set(key, explanationRecord(markers));
      const logs = await this.logExpression();
      await this.draw('explanation', () => markerPicture(logs, pictured, markers));
    });
  }

  /** Made once, with the labels, when it is needed. */
  private logExpression(): Promise<AnnData> {
    this.logs ??= logExpression(this.data.view(), this.run);
    return this.logs;
  }

  private freeKey(taken: { has(key: string): boolean }, key: string): string {
    const tell = (text: string): void => this.reporter?.message('info', text);
    return freeKey(taken, key, { model: this.findings.result.model, tell });
  }

  private async draw(name: string, plot: () => Plot | Promise<Plot> | undefined): Promise<void> {
    const { plots } = this.wanted;
    if (plots === undefined) return;
    await this.attempt(`picture ${name}`, async () => {
      const made = await plot();
      if (made === undefined) return;
      const { model } = this.findings.result;
      this.drawn.push(...(await writePicture(plots, `${model}-${name}`, made, this.run)));
    });
  }

  private async attempt(what: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (error instanceof AbortError || !(error instanceof DanceError)) throw error;
      this.reporter?.message('warning', `no ${what}: ${errorMessage(error)}`);
    }
  }
}
