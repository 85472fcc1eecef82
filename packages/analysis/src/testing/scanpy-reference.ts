import { readFileSync } from 'node:fs';
import { AnnData, categoricalColumn, CsrMatrix, type Column } from '@dance-ts/core';

/** One comparison of scanpy. */
export interface ReferenceRanks {
  readonly name: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly groups: Readonly<
    Record<
      string,
      {
        readonly names: readonly string[];
        readonly scores: readonly number[];
        readonly logfoldchanges: readonly number[];
        readonly pvals: readonly number[];
        readonly pvals_adj: readonly number[];
      }
    >
  >;
  readonly pts?: Readonly<Record<string, readonly number[]>>;
  readonly pts_rest?: Readonly<Record<string, readonly number[]>>;
  readonly filtered?: Readonly<Record<string, readonly string[]>>;
}

/** What scanpy answers on a small data set; `scripts/make-scanpy-reference.py` says how it was made. */
export interface ScanpyReference {
  readonly obs_names: readonly string[];
  readonly var_names: readonly string[];
  readonly group: readonly string[];
  readonly batch: readonly string[];
  readonly counts: {
    readonly shape: readonly [number, number];
    readonly indptr: readonly number[];
    readonly indices: readonly number[];
    readonly data: readonly number[];
  };
  readonly log: readonly number[];
  readonly ranked: readonly ReferenceRanks[];
  readonly scores: {
    readonly cases: readonly {
      readonly gene_list: readonly string[];
      readonly ctrl_as_ref: boolean;
      readonly ctrl_size: number;
      readonly n_bins: number;
      readonly control: readonly string[];
      readonly drawn_per_bin: readonly number[];
      readonly score: readonly number[];
    }[];
    readonly cell_cycle: {
      readonly s_genes: readonly string[];
      readonly g2m_genes: readonly string[];
      readonly n_bins: number;
      readonly S_score: readonly number[];
      readonly G2M_score: readonly number[];
      readonly phase: readonly string[];
    };
  };
}

/** The stored reference. */
export function scanpyReference(): ScanpyReference {
  const file = new URL('../../../../tests/golden/scanpy_tools.json', import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8')) as ScanpyReference;
}

/** Its log expression, sparse, with the columns `group` and `batch`. */
export function referenceData(reference: ScanpyReference): AnnData {
  const { counts, log, var_names: varNames, obs_names: obsNames } = reference;
  const X = new CsrMatrix(
    ...counts.shape,
    Int32Array.from(counts.indptr),
    Int32Array.from(counts.indices),
    Float32Array.from(log),
  );
  const data = AnnData.fromMatrix(X, { obsNames, varNames });
  data.obs.set('group', labels(reference.group, ['B cell', 'T/NK', 'mono']));
  data.obs.set('batch', labels(reference.batch, ['b1', 'b2']));
  return data;
}

function labels(values: readonly string[], categories: readonly string[]): Column {
  return categoricalColumn(
    Int32Array.from(values, (value) => categories.indexOf(value)),
    categories,
  );
}
