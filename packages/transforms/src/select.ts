import { DataError, type AnnData, type Splits } from '@dance-ts/core';

/** The cells where `keep` is not 0, as new data; splits follow their cells. */
export function keepCells(
  data: AnnData,
  keep: ArrayLike<number | boolean>,
  owner: string,
): AnnData {
  const rows = placesOf(keep);
  if (rows.length === data.nObs) return data.view();
  if (rows.length === 0) throw nothingLeft(owner, 'cell', data.nObs);
  const kept = data.subset({ obs: rows });
  kept.splits = movedSplits(data.splits, rows, data.nObs);
  return kept;
}

/** The genes where `keep` is not 0, as new data; splits stay. */
export function keepGenes(
  data: AnnData,
  keep: ArrayLike<number | boolean>,
  owner: string,
): AnnData {
  const columns = placesOf(keep);
  if (columns.length === data.nVars) return data.view();
  if (columns.length === 0) throw nothingLeft(owner, 'gene', data.nVars);
  const kept = data.subset({ var: columns });
  kept.splits = data.splits;
  return kept;
}

function placesOf(keep: ArrayLike<number | boolean>): Int32Array {
  const places: number[] = [];
  for (let i = 0; i < keep.length; i++) if (keep[i]) places.push(i);
  return Int32Array.from(places);
}

function movedSplits(splits: Splits, rows: Int32Array, nObs: number): Splits {
  const target = new Int32Array(nObs).fill(-1);
  rows.forEach((row, i) => {
    target[row] = i;
  });
  const moved = (cells: Int32Array): Int32Array =>
    cells.map((cell) => target[cell]!).filter((cell) => cell >= 0);
  return { train: moved(splits.train), val: moved(splits.val), test: moved(splits.test) };
}

function nothingLeft(owner: string, what: 'cell' | 'gene', n: number): DataError {
  return new DataError(`${owner} leaves no ${what}`, {
    got: `${n} ${what}s, of which none passes`,
    remedy: 'Loosen its thresholds, or check that X holds counts with cells as rows.',
  });
}
