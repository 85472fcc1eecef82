import {
  CsrMatrix,
  DataError,
  DenseMatrix,
  type Column,
  type Matrix,
  type Table,
  uniqueNames,
} from '@dance-ts/core';

/** Names of the genes a model knows, and other names for them (symbols beside identifiers). */
export interface GeneVocabulary {
  /** [nGenes] main names, made unique as anndata does (`A`, `A-1`, ...). */
  readonly names: readonly string[];
  /** Text columns of `var` by name, [nGenes] each. */
  readonly aliases: Readonly<Record<string, readonly string[]>>;
}

/** How names were made comparable. */
export type NameRule = 'exact' | 'without version' | 'upper case';

/** How many genes of a reference a query has, and by which names they were found. */
export interface GeneMatchReport {
  readonly nReference: number;
  readonly nQuery: number;
  /** Reference genes found in the query. */
  readonly nMatched: number;
  /** Reference genes the query lacks; they count as not expressed. */
  readonly missing: readonly string[];
  /** Column of `var` compared on either side; `index` for the names themselves. */
  readonly referenceColumn: string;
  readonly queryColumn: string;
  readonly rule: NameRule;
}

/** Where the genes of a reference stand in a query. */
export interface GeneMatch {
  /** [nReference] column of the query, -1 where it has none. */
  readonly columns: Int32Array;
  readonly report: GeneMatchReport;
}

/** Columns of `var` that hold other names of genes, as scanpy, Cell Ranger and CELLxGENE call them. */
const ALIAS_COLUMNS = [
  'gene_ids',
  'gene_id',
  'ensembl_id',
  'gene_symbols',
  'gene_symbol',
  'gene_names',
  'gene_name',
  'feature_name',
  'Gene',
  'Accession',
];
const INDEX = 'index';
/** Ensembl identifiers carry a version: ENSG00000141510.18. */
const VERSION = /^(ENS[A-Z]*G\d+)\.\d+$/;
const SHOWN = 3;

const RULES: readonly (readonly [NameRule, (name: string) => string])[] = [
  ['exact', (name) => name],
  ['without version', (name) => name.replace(VERSION, '$1')],
  ['upper case', (name) => name.replace(VERSION, '$1').toUpperCase()],
];

/** The gene names of a `var` table, with the other names it holds. */
export function geneVocabulary(variables: Table): GeneVocabulary {
  const aliases: Record<string, readonly string[]> = {};
  for (const column of ALIAS_COLUMNS) {
    const texts = textsOf(variables.find(column));
    if (texts !== undefined) aliases[column] = texts;
  }
  return { names: uniqueNames(variables.index), aliases };
}

/**
 * Finds the genes of a reference in a query. Of the names both sides offer (the index, then the
 * other columns that hold names) and of three rules (exact, without the version of an Ensembl
 * identifier, in upper case as between mouse and human symbols) those with the most matches are
 * taken, the plainer ones first. A name that occurs several times stands for its first column.
 *
 * @throws DataError if no gene is shared
 */
export function matchGenes(reference: GeneVocabulary, query: GeneVocabulary): GeneMatch {
  let best: GeneMatch | undefined;
  for (const [rule, normalize] of RULES) {
    for (const [queryColumn, queryNames] of namesOf(query)) {
      const columnOf = firstPlaces(queryNames, normalize);
      for (const [referenceColumn, referenceNames] of namesOf(reference)) {
        const columns = findOnce(referenceNames, normalize, columnOf);
        const nMatched = columns.reduce((sum, column) => sum + (column < 0 ? 0 : 1), 0);
        if (nMatched <= (best?.report.nMatched ?? 0)) continue;
        const report = {
          ...{ nReference: columns.length, nQuery: queryNames.length, nMatched },
          missing: reference.names.filter((_, g) => columns[g]! < 0),
          ...{ referenceColumn, queryColumn, rule },
        };
        best = { columns, report };
      }
    }
  }
  if (best !== undefined) return best;
  throw new DataError('the query shares no gene with the reference', {
    got: sampleOf(query.names),
    expected: `names such as ${sampleOf(reference.names)}`,
    remedy: 'Name the genes of both alike (symbols or Ensembl identifiers), in var_names.',
  });
}

/** One line about a match: how many genes were found, by which names. */
export function describeMatch(report: GeneMatchReport): string {
  const { nMatched, nReference, referenceColumn, queryColumn, rule } = report;
  return (
    `${nMatched} of the ${nReference} genes of the reference are in the query ` +
    `(${queryColumn} against ${referenceColumn}, ${rule}); the others count as not expressed`
  );
}

/**
 * The genes of a reference, in its order, from a matrix of a query; genes the query lacks are 0.
 *
 * @returns [nCells, nReference], sparse if `X` is
 */
export function takeGenes(X: Matrix, columns: Int32Array): Matrix {
  const found = columns.filter((column) => column >= 0);
  if (found.length === columns.length) return X.selectColumns(columns);
  const places = Int32Array.from(columns.keys()).filter((g) => columns[g]! >= 0);
  const present = X.selectColumns(found);
  if (present.kind === 'csr') {
    const indices = present.indices.map((j) => places[j]!);
    return new CsrMatrix(X.nRows, columns.length, present.indptr, indices, present.data);
  }
  const filled = DenseMatrix.zeros(X.nRows, columns.length);
  for (let i = 0; i < X.nRows; i++) {
    const target = filled.row(i);
    present.row(i).forEach((value, j) => (target[places[j]!] = value));
  }
  return filled;
}

function namesOf({ names, aliases }: GeneVocabulary): (readonly [string, readonly string[]])[] {
  return [[INDEX, names], ...Object.entries(aliases)];
}

/** First column of each name. */
function firstPlaces(
  names: readonly string[],
  normalize: (name: string) => string,
): Map<string, number> {
  const places = new Map<string, number>();
  names.forEach((name, column) => {
    const key = normalize(name);
    if (name !== '' && !places.has(key)) places.set(key, column);
  });
  return places;
}

/** Columns of the names; no column is given to two of them. */
function findOnce(
  names: readonly string[],
  normalize: (name: string) => string,
  columnOf: ReadonlyMap<string, number>,
): Int32Array {
  const used = new Set<number>();
  return Int32Array.from(names, (name) => {
    const column = columnOf.get(normalize(name));
    if (column === undefined || used.has(column)) return -1;
    used.add(column);
    return column;
  });
}

function textsOf(column: Column | undefined): readonly string[] | undefined {
  if (column?.kind === 'string') return column.values.map((value) => value ?? '');
  if (column?.kind !== 'categorical') return undefined;
  const { codes, categories } = column;
  return Array.from(codes, (code) => (code < 0 ? '' : String(categories[code])));
}

function sampleOf(names: readonly string[]): string {
  return `${names.slice(0, SHOWN).join(', ')}${names.length > SHOWN ? ', ...' : ''}`;
}
