import type { DenseMatrix, Matrix } from '@dance-ts/core';

/**
 * Multiplies each imputed gene so that its quantile is that of the original values; where that is
 * 0, so that the largest values agree. Genes without values stay as they are. Nothing is done if an
 * original value is negative.
 *
 * @param imputed - [nCells, nGenes], overwritten
 * @param original - [nCells, nGenes]
 * @param fraction - quantile in (0, 1], interpolated linearly
 */
export function rescaleToQuantile(imputed: DenseMatrix, original: Matrix, fraction: number): void {
  if (original.data.some((value) => value < 0)) return;
  const genes = original.transpose();
  const values = new Float32Array(imputed.nRows);
  for (let j = 0; j < imputed.nCols; j++) {
    const before = new Float32Array(imputed.nRows);
    const row = genes.row(j);
    before.set(row instanceof Float32Array ? row : row.data);
    before.sort();
    for (let i = 0; i < values.length; i++) values[i] = imputed.get(i, j);
    values.sort();
    const order = quantile(before, fraction) > 0 ? fraction : 1;
    const factor = quantile(before, order) / quantile(values, order);
    if (!(factor > 0 && factor < Infinity)) continue;
    for (let i = 0; i < values.length; i++) imputed.data[i * imputed.nCols + j]! *= factor;
  }
}

function quantile(ascending: Float32Array, fraction: number): number {
  const place = fraction * (ascending.length - 1);
  const low = Math.floor(place);
  const [a, b] = [ascending[low]!, ascending[Math.min(low + 1, ascending.length - 1)]!];
  return a + (b - a) * (place - low);
}
