import type {
  AnnData,
  Explainable,
  Explanation,
  RunOptions,
  UnsDict,
  UnsValue,
} from '@dance-ts/core';
import { annotateH5ad, writeH5ad } from '@dance-ts/io';
import type { RunResult } from './result.js';
import { watchAdditions } from './run-additions.js';
import { recordUns, runName } from './run-record.js';

/** Where the findings of a model stand. */
export interface Found {
  /** Column of `obs` with the model's labels; undefined for tasks without labels. */
  readonly labels: string | undefined;
  /** Column of `obs` with the true labels. */
  readonly truth: string | undefined;
  /** Tells which genes a label rests on; undefined of models that cannot. */
  readonly explain?: Explain | undefined;
}

/** Tells which genes a label rests on, by the cells that got it. */
export type Explain = (label: string) => Promise<Explanation>;

/** What a run found, before it is written. */
export interface RunFindings extends Found {
  /** A view of the data with the model's labels, embedding and probabilities; more can be added. */
  readonly data: AnnData;
  readonly result: RunResult;
}

/** Adds to what a run found; called when it is known whether its results are wanted. */
export type FinishRun = (findings: RunFindings, run: RunOptions) => Promise<void>;

/** What becomes of the findings of a run. */
export interface OutputOptions {
  /** File for the annotated copy of the data. */
  readonly output?: string | undefined;
  /** Adds to the findings before they are written. */
  readonly finish?: FinishRun | undefined;
}

/**
 * Collects what a run found, lets `finish` add to it, and writes a lossless copy of the data with all
 * of it: of an .h5ad file everything else keeps its bytes, other data are written anew.
 *
 * @param annotate - writes what the model found into the view it is given
 * @param given.path - file the data were read from
 * @throws any error of the model or the writer
 */
export async function finishRun(
  given: { readonly data: AnnData; readonly path: string | undefined },
  annotate: (view: AnnData) => Promise<Found>,
  result: RunResult,
  { output, finish }: OutputOptions,
  run: RunOptions,
): Promise<void> {
  if (output === undefined && finish === undefined) return;
  const data = given.data.view();
  const additions = watchAdditions(data);
  const found = await annotate(data);
  await finish?.({ data, ...found, result }, run);
  recordRun(data, result);
  if (output === undefined) return;
  if (given.path?.endsWith('.h5ad')) await annotateH5ad(given.path, output, additions(), run);
  else await writeH5ad(output, data, run);
}

/** How a model explains the labels it gave to these data, if it can. */
export function explainerOf(model: object, data: AnnData, run: RunOptions): Explain | undefined {
  return isExplainable(model) ? (target) => model.explain(data, { target, ...run }) : undefined;
}

function isExplainable(model: object): model is Explainable {
  return 'explain' in model;
}

/** Adds to the record of the run, which `finish` may have begun with facts of its own. */
function recordRun(data: AnnData, result: RunResult): void {
  const runs = dictionary(data.uns, 'dance');
  const record = dictionary(runs, runName(result));
  for (const [key, value] of recordUns(result)) record.set(key, value);
}

/** The dictionary of that name, made if there is none. */
export function dictionary(parent: UnsDict, key: string): UnsDict {
  const known = parent.get(key);
  if (known instanceof Map) return known;
  const made: UnsDict = new Map<string, UnsValue>();
  parent.set(key, made);
  return made;
}
