import {
  AnnData,
  categoricalFromStrings,
  columnValue,
  DataError,
  numericColumn,
  stackRows,
  Table,
  throwIfAborted,
  toCsr,
  type Matrix,
} from '@dance-ts/core';
import { readDataset } from '@dance-ts/io';
import type { ModalityKind } from '../catalogue/modality-pairs.js';
import { textValues } from '../concatenate-cells.js';
import { pairModalities, type MatchingData, type PairedData } from '../paired-data.js';
import { fromCompetition } from '../prepare/competition.js';
import { danceFolder, presentFiles, type DanceFolderOptions } from './files.node.js';

/** Options of {@link loadDanceModalities}. */
export interface DanceModalitiesOptions extends DanceFolderOptions {
  readonly task: 'predict-modality' | 'match-modality' | 'joint-embedding';
}

/** A pair, for matching with the row of `mod2` that each cell of `mod1` is. */
export type DanceModalities = PairedData & Partial<Pick<MatchingData, 'solution'>>;

/**
 * Reads a data set of DANCE on two modalities: `<name>/<name>.<part>.output_<...>.h5ad`.
 *
 * As in other data of this library X holds counts: where a file has a layer `counts` it becomes X,
 * and the values of the file, on which predictions are scored, become `layers.normalized`. (DANCE
 * cuts these values to whole numbers, which destroys them.) Train cells come first, `obs["split"]`
 * says which they are. For matching, train cells of the second modality are brought into the order of
 * the first by the solution; test cells stay as they are, and `solution` says where each belongs. For
 * joint embedding, train cells are those of the exploration files, and columns of the solution's obs
 * are added.
 *
 * @param name - as DANCE names it or its alias, such as `gex2adt`; see `listDanceDatasets`
 * @throws ParamError for an unknown name; IoError that says where to get missing files; DataError if
 *   files do not fit each other; FormatError if one is damaged
 */
export async function loadDanceModalities(
  name: string,
  options: DanceModalitiesOptions,
): Promise<DanceModalities> {
  const folder = danceFolder(name, 'loadDanceModalities', options, options.task);
  const parts: AnnData[] = [];
  for (const path of await presentFiles(folder)) {
    throwIfAborted(options.signal);
    parts.push(fromCompetition(await readDataset(path, { signal: options.signal })));
  }
  const kinds = kindsOf(folder.entry.name, parts);
  switch (options.task) {
    case 'predict-modality': {
      const mod1 = stackParts(partAt(parts, 0), partAt(parts, 2));
      return pairModalities(mod1, stackParts(partAt(parts, 1), partAt(parts, 3)), { kinds });
    }
    case 'match-modality':
      return matched(parts, kinds);
    case 'joint-embedding':
      return embedded(parts, kinds);
  }
}

function matched(parts: readonly AnnData[], kinds: DanceModalities['kinds']): DanceModalities {
  const [train1, train2, trainSolution] = [partAt(parts, 0), partAt(parts, 1), partAt(parts, 2)];
  const [test1, test2, testSolution] = [partAt(parts, 3), partAt(parts, 4), partAt(parts, 5)];
  const order = partnersOf(trainSolution.X, train2.nObs);
  const mod1 = stackParts(train1, test1);
  const aligned = renamed(train2.subset({ obs: order }), train1.obsNames);
  const hidden = test2.obsNames.map((_, row) => `unmatched${train1.nObs + row}`);
  const mod2 = stackParts(aligned, renamed(test2, hidden));
  const solution = Int32Array.from({ length: mod1.nObs }, (_, i) => i);
  partnersOf(testSolution.X, test2.nObs).forEach((partner, i) => {
    solution[train1.nObs + i] = train1.nObs + partner;
  });
  // The pair is checked and split on names that agree, which those of the test cells do not.
  const pair = pairModalities(mod1, renamed(mod2, mod1.obsNames), { kinds });
  mod2.splits = pair.mod1.splits;
  return { ...pair, mod2, solution };
}

/** Column of the one entry of each row of a permutation matrix. */
function partnersOf(permutation: Matrix, nPartners: number): Int32Array {
  const rows = toCsr(permutation);
  const partners = Int32Array.from({ length: rows.nRows }, (_, i) => {
    const { indices, data } = rows.row(i);
    const ones = indices.filter((_, e) => data[e]! > 0);
    return ones.length === 1 ? ones[0]! : -1;
  });
  const isWhole = new Set(partners).size === nPartners && !partners.includes(-1);
  if (isWhole && rows.nRows === nPartners) return partners;
  throw new DataError('the solution does not pair each cell with one other', {
    got: `${rows.shape.join(' x ')} with ${rows.nnz} entries, for ${nPartners} cells`,
    expected: 'a permutation matrix',
  });
}

function embedded(parts: readonly AnnData[], kinds: DanceModalities['kinds']): DanceModalities {
  const [mod1, mod2] = [partAt(parts, 0), partAt(parts, 1)];
  const [explored, solution] = [partAt(parts, 2), partAt(parts, 4)];
  const known = new Set(explored.obsNames);
  const split = mod1.obsNames.map((cell) => (known.has(cell) ? 'train' : 'test'));
  const labelled = mod1.view();
  labelled.obs.set('split', categoricalFromStrings(split));
  const rows = mod1.obsNames.map((cell) => solution.obs.indexOf(cell));
  if (rows.includes(-1)) {
    throw new DataError('the solution does not name all cells', {
      got: `no line for ${mod1.obsNames[rows.indexOf(-1)] ?? ''}`,
    });
  }
  for (const [name, column] of solution.obs.selectRows(rows).entries()) {
    if (!labelled.obs.has(name)) labelled.obs.set(name, column);
  }
  return pairModalities(labelled, mod2, { kinds });
}

/** Train cells above test cells, with the columns, layers and features that both have. */
function stackParts(train: AnnData, test: AnnData): AnnData {
  const place = train.varNames.findIndex((name, i) => name !== test.varNames[i]);
  if (place >= 0 || train.nVars !== test.nVars) {
    throw new DataError('train and test have different features', {
      got: `${train.nVars} and ${test.nVars}, from ${train.varNames[Math.max(0, place)] ?? 'none'} on`,
    });
  }
  const stack = (a: Matrix, b: Matrix): Matrix => stackRows([toCsr(a), toCsr(b)]);
  const obs = new Table([...train.obsNames, ...test.obsNames]);
  for (const [name, column] of train.obs.entries()) {
    if (!test.obs.has(name)) continue;
    const other = test.obs.get(name);
    if (column.kind === 'numeric' && other.kind === 'numeric') {
      const values = Float64Array.from([
        ...train.obsNames.map((_, i) => Number(columnValue(column, i))),
        ...test.obsNames.map((_, i) => Number(columnValue(other, i))),
      ]);
      obs.set(name, numericColumn(values));
    } else {
      obs.set(name, categoricalFromStrings([...textValues(column), ...textValues(other)]));
    }
  }
  const split = [train, test].flatMap(({ nObs }, part) =>
    new Array<string>(nObs).fill(part === 0 ? 'train' : 'test'),
  );
  obs.set('split', categoricalFromStrings(split));
  const layers = [...train.layers].flatMap(([name, matrix]): [string, Matrix][] => {
    const other = test.layers.get(name);
    return other === undefined ? [] : [[name, stack(matrix, other)]];
  });
  return new AnnData({ X: stack(train.X, test.X), obs, var: train.var, layers });
}

function renamed(data: AnnData, names: readonly string[]): AnnData {
  const obs = new Table(names);
  for (const [name, column] of data.obs.entries()) obs.set(name, column);
  return new AnnData({ X: data.X, obs, var: data.var, layers: data.layers });
}

/** One of the files, in the order of the catalogue. */
function partAt(parts: readonly AnnData[], place: number): AnnData {
  const part = parts[place];
  if (part === undefined) throw new DataError(`file ${place + 1} of the data set was not read`);
  return part;
}

/** What the modalities measure: as their files say, else by the name of the set. */
function kindsOf(
  name: string,
  [first, second]: readonly (AnnData | undefined)[],
): DanceModalities['kinds'] {
  const other = /multiome|atac/.test(name) ? 'atac' : 'adt';
  const byName = /_mod2$|_atac2gex/.test(name)
    ? ([other, 'rna'] as const)
    : (['rna', other] as const);
  return [kindOf(first) ?? byName[0], kindOf(second) ?? byName[1]];
}

function kindOf(data: AnnData | undefined): ModalityKind | undefined {
  const column = data?.var.find('feature_types');
  const type = column && textValues(column)[0];
  return type === 'GEX' ? 'rna' : type === 'ADT' ? 'adt' : type === 'ATAC' ? 'atac' : undefined;
}
