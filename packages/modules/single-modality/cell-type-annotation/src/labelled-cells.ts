import {
  categoricalColumn,
  compareText,
  DataError,
  ParamError,
  type AnnData,
  type Column,
} from '@dance-ts/core';
import { largestOfRows, type Classified } from './query-blocks.js';

/** The labelled cells of a prepared reference. */
export interface LabelledCells {
  /** The cells of the train split that have a label. */
  readonly data: AnnData;
  /** [nCells] index of each cell's label in `classes`. */
  readonly codes: Int32Array;
  /** Names of the labels that occur, sorted. */
  readonly classes: readonly string[];
  /** The whole prepared reference, cells without a label included. */
  readonly reference: AnnData;
  /** [nCells] rows of `data` in `reference`. */
  readonly rows: Int32Array;
}

/**
 * The labelled cells of the train split.
 *
 * @param labelKey - column of obs; the label channel if undefined
 * @param owner - model name, for messages
 * @throws ParamError if no label column is named; DataError if it is missing or has fewer than two
 *   classes
 */
export function labelledCells(
  reference: AnnData,
  labelKey: string | undefined,
  owner: string,
): LabelledCells {
  const key = labelColumn(reference, labelKey, 'labelKey');
  const { codes, categories } = reference.labels(key);
  const rows = reference.splits.train.filter((row) => codes[row]! >= 0);
  const names = Array.from(rows, (row) => String(categories[codes[row]!]));
  const classes = [...new Set(names)].sort(compareText);
  if (classes.length < 2) {
    throw new DataError(`${owner} needs at least two classes to tell apart`, {
      got: `${classes.length === 0 ? 'none' : `only "${classes[0]!}"`} in obs["${key}"]`,
      remedy: 'Give a reference with several cell types, or name another column (labelKey).',
    });
  }
  const codeOf = new Map(classes.map((name, code) => [name, code]));
  const data = rows.length === reference.nObs ? reference : reference.subset({ obs: rows });
  return {
    data,
    codes: Int32Array.from(names, (name) => codeOf.get(name) ?? -1),
    classes,
    reference,
    rows,
  };
}

/**
 * The column that holds labels: the one named, else the label channel.
 *
 * @param option - name of the option, for messages
 * @throws ParamError if there is neither
 */
export function labelColumn(data: AnnData, named: string | undefined, option: string): string {
  if (named !== undefined) return named;
  const { label } = data.channels;
  if (label?.slot === 'obs') return label.key;
  throw new ParamError('no column of labels is named', {
    got: `neither { ${option} } nor a label channel`,
    remedy: `Name the column of obs that holds them, for example { ${option}: 'cell_type' }.`,
  });
}

/** The label of each cell; null where the model declines or its largest probability is too small. */
export function labelsAbove(
  threshold: number,
  { codes, probabilities, labels }: Classified,
  classes: readonly string[],
): (string | null)[] {
  const confidence = largestOfRows(probabilities);
  return Array.from(codes, (code, i) => {
    if (confidence[i]! < threshold) return null;
    if (labels !== undefined) return labels[i]!;
    return code < 0 ? null : classes[code]!;
  });
}

/** Labels as a column of obs: the classes in their order, then other labels sorted. */
export function labelsColumn(
  labels: readonly (string | null)[],
  classes: readonly string[],
): Column {
  const others = new Set(labels.filter((label) => label !== null));
  for (const name of classes) others.delete(name);
  const categories = [...classes, ...[...others].sort(compareText)];
  const codeOf = new Map<string | null, number>(categories.map((name, code) => [name, code]));
  const codes = Int32Array.from(labels, (label) => codeOf.get(label) ?? -1);
  return categoricalColumn(codes, categories);
}
