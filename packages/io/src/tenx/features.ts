import {
  AnnData,
  categoricalFromStrings,
  FormatError,
  stringColumn,
  Table,
  uniqueNames,
  type Column,
  type CsrMatrix,
} from '@dance-ts/core';
import type { ReadOptions } from '../storage/read-options.js';

/** Options of the readers of 10x Genomics data. */
export interface TenxOptions extends ReadOptions {
  /** What names the genes; default `symbols`, with the ids in `var["gene_ids"]`. */
  readonly varNames?: 'symbols' | 'ids' | undefined;
  /** True to tell equal gene names apart as `A`, `A-1`, `A-2`; default false. */
  readonly uniqueNames?: boolean | undefined;
  /** Feature types to keep, such as `Gene Expression`; default all. */
  readonly featureTypes?: readonly string[] | undefined;
  /** Genome to read, needed where a file holds several separate ones; default all features. */
  readonly genome?: string | undefined;
}

/** What is known of the features (genes, antibodies, peaks) of 10x Genomics data. */
export interface Features {
  readonly ids: readonly string[];
  readonly symbols: readonly string[];
  readonly types?: readonly string[] | undefined;
  readonly genomes?: readonly string[] | undefined;
}

/**
 * Annotated data of counts, cells and features, with the features that the options ask for.
 *
 * @param name - the file, for messages
 * @throws FormatError if no feature is of the types or the genome asked for
 */
export function tenxData(
  name: string,
  counts: CsrMatrix,
  cells: readonly string[],
  features: Features,
  options: TenxOptions,
): AnnData {
  const { featureTypes, genome } = options;
  const data = new AnnData({
    X: counts,
    obs: new Table(cells),
    var: featureTable(features, options),
  });
  const kept = Int32Array.from(features.ids.keys()).filter(
    (j) =>
      (featureTypes === undefined ||
        features.types === undefined ||
        featureTypes.includes(features.types[j]!)) &&
      (genome === undefined || features.genomes === undefined || features.genomes[j] === genome),
  );
  if (kept.length === features.ids.length) return data;
  if (kept.length === 0) throw nothingKept(name, features, options);
  return data.subset({ var: kept });
}

function featureTable(features: Features, options: TenxOptions): Table {
  const byId = options.varNames === 'ids';
  const names = byId ? features.ids : features.symbols;
  const columns: [string, Column][] = [
    byId
      ? ['gene_symbols', stringColumn(features.symbols)]
      : ['gene_ids', stringColumn(features.ids)],
  ];
  if (features.types !== undefined) {
    columns.push(['feature_types', categoricalFromStrings(features.types)]);
  }
  if (features.genomes !== undefined) {
    columns.push(['genome', categoricalFromStrings(features.genomes)]);
  }
  return new Table(options.uniqueNames === true ? uniqueNames(names) : names, columns);
}

function nothingKept(name: string, features: Features, options: TenxOptions): FormatError {
  const list = (values: readonly string[] | undefined): string =>
    [...new Set(values)].slice(0, 12).join(', ') || 'none';
  return new FormatError(`${name} holds none of the features asked for`, {
    got: `feature types ${list(features.types)}; genomes ${list(features.genomes)}`,
    expected: [
      options.featureTypes === undefined ? '' : `featureTypes ${list(options.featureTypes)}`,
      options.genome === undefined ? '' : `genome ${options.genome}`,
    ]
      .filter((part) => part !== '')
      .join(' and '),
  });
}
