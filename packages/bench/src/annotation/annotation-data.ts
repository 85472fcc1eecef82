import { basename } from 'node:path';
import { DataError, ParamError, type AnnData, type RunOptions } from '@dance-ts/core';
import {
  describeAnnotationPair,
  loadAnnotationPair,
  readQueryLabelMap,
  resolveDatasetFile,
  sha256OfPath,
  type ReferenceQuery,
} from '@dance-ts/datasets';
import { readDataset } from '@dance-ts/io';
import type { LabelMap } from '@dance-ts/metrics';
import { geneVocabulary, matchGenes } from '@dance-ts/transforms';
import type { DatasetRecord } from '../result.js';

/** Share of the genes of the reference below which it is worth a warning. */
const FEW_GENES = 0.5;

/** Where reference and query of a run come from: a pair of the catalogue, or files of the user's. */
export interface AnnotationSource {
  /** Name in the catalogue; ignored when files are given. */
  readonly dataset: string;
  /** Paths of a reference and of cells to label. */
  readonly reference?: string | undefined;
  readonly query?: string | undefined;
  /** Column of obs with the labels of the reference; the catalogue's own for its data sets. */
  readonly labelKey?: string | undefined;
  /** Column with true labels of the query, for scoring only; none if left out. */
  readonly queryLabelKey?: string | undefined;
  /** Path of a table of what the true labels may be called in the reference. */
  readonly queryLabelMap?: string | undefined;
  readonly dataDir?: string | undefined;
  readonly offline?: boolean | undefined;
}

/** Loaded references and queries. */
export interface AnnotationData {
  readonly parts: readonly ReferenceQuery[];
  readonly labelKey: string;
  /** Undefined if there is nothing to score against. */
  readonly queryLabelKey: string | undefined;
  /** What true labels of the query may be called. */
  readonly labelMap: LabelMap | undefined;
  readonly record: DatasetRecord;
  /** File the query was read from; undefined for data sets of the catalogue. */
  readonly queryPath: string | undefined;
}

/**
 * Loads the data of a run.
 *
 * @throws IoError, FormatError; ParamError if only one of two files or no label column is named;
 *   DataError if a label column is not there
 */
export async function loadAnnotationData(
  source: AnnotationSource,
  options: RunOptions,
): Promise<AnnotationData> {
  const { reference, query } = source;
  if (reference === undefined && query === undefined) return fromCatalogue(source, options);
  if (reference === undefined || query === undefined) {
    throw new ParamError('a file of your own', {
      got: `only --${reference === undefined ? 'query' : 'reference'}`,
      expected: 'both --reference and --query',
    });
  }
  const { labelKey, queryLabelKey, queryLabelMap } = source;
  if (labelKey === undefined) {
    throw new ParamError('--label-key', {
      got: 'nothing',
      expected: 'the column of obs with the labels of the reference',
    });
  }
  if (queryLabelKey === undefined && queryLabelMap !== undefined) {
    throw new ParamError('--query-label-map', {
      got: 'no true labels that it could translate',
      remedy: 'Name the column that holds them with --query-label-key.',
    });
  }
  const reading = { signal: options.signal, reporter: options.reporter };
  const part = {
    reference: await readDataset(reference, reading),
    query: await readDataset(query, reading),
  };
  checkLabelColumn(part.reference, reference, labelKey, '--label-key');
  if (queryLabelKey !== undefined) {
    checkLabelColumn(part.query, query, queryLabelKey, '--query-label-key');
  }
  return {
    parts: [withSharedGenes(part, options)],
    ...{ labelKey, queryLabelKey },
    labelMap: await labelMapOf(source, [part], labelKey),
    record: {
      name: `${basename(reference)} -> ${basename(query)}`,
      sha256: await sha256OfPath(query),
      nObs: part.query.nObs,
      nVars: part.query.nVars,
    },
    queryPath: query,
  };
}

/** The table that was named, if one was. */
async function labelMapOf(
  { queryLabelMap: path }: AnnotationSource,
  parts: readonly ReferenceQuery[],
  labelKey: string,
): Promise<LabelMap | undefined> {
  if (path === undefined) return undefined;
  const types = parts.flatMap(({ reference }) => reference.labels(labelKey).categories.map(String));
  return readQueryLabelMap(path, new Set(types));
}

/** Of two files the message must say which one lacks the column, and which flag names it. */
function checkLabelColumn({ obs }: AnnData, path: string, key: string, flag: string): void {
  if (obs.has(key)) return;
  throw new DataError(`${path} has no label column "${key}" in obs`, {
    got: obs.columnNames.length === 0 ? 'no columns' : `columns ${obs.columnNames.join(', ')}`,
    remedy: `Name the column that holds the labels with ${flag}.`,
  });
}

async function fromCatalogue(
  source: AnnotationSource,
  options: RunOptions,
): Promise<AnnotationData> {
  const { parts, labelKey } = await loadAnnotationPair(source.dataset, { ...source, ...options });
  const pair = describeAnnotationPair(source.dataset);
  const file = typeof pair.query === 'string' ? pair.query : pair.reference;
  const path = await resolveDatasetFile(file, { ...source, ...options });
  return {
    parts: parts.map((part) => withSharedGenes(part, options)),
    labelKey,
    queryLabelKey: labelKey,
    labelMap: await labelMapOf(source, parts, labelKey),
    record: {
      name: source.dataset,
      sha256: path === undefined ? null : await sha256OfPath(path),
      nObs: parts.reduce((sum, { query }) => sum + query.nObs, 0),
      nVars: parts[0]?.query.nVars ?? 0,
    },
    queryPath: undefined,
  };
}

/**
 * Where the query is known before training, a model must not rest on genes that were not measured
 * there: the reference keeps the genes both have. The model, which sees only these, cannot tell
 * that there are few.
 */
function withSharedGenes(
  { reference, query }: ReferenceQuery,
  { reporter }: RunOptions,
): ReferenceQuery {
  const { columns, report } = matchGenes(geneVocabulary(reference.var), geneVocabulary(query.var));
  if (report.nMatched < FEW_GENES * report.nReference) {
    const { nMatched, nReference, referenceColumn, queryColumn, rule } = report;
    reporter?.message(
      'warning',
      `only ${nMatched} of the ${nReference} genes of the reference are in the query ` +
        `(${queryColumn} against ${referenceColumn}, ${rule}); the others are not used`,
    );
  }
  const shared = Int32Array.from(columns.keys()).filter((gene) => columns[gene]! >= 0);
  if (shared.length === reference.nVars) return { reference, query };
  return { reference: reference.subset({ var: shared }), query };
}
