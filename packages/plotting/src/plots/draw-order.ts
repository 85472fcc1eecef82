import { Rng } from '@dance-ts/core';
import type { Coloring } from '../data/point-colors.js';

/**
 * In which order points are drawn: those without a value at the bottom; groups in random order, so
 * that none lies on top of all others; numbers in rising order, so that high ones are seen (as
 * scanpy does).
 */
export function drawOrder(coloring: Coloring, seed: number): Int32Array {
  const n = coloring.kind === 'categorical' ? coloring.codes.length : coloring.values.length;
  const isMissing = (cell: number): boolean =>
    coloring.kind === 'categorical'
      ? coloring.codes[cell]! < 0
      : Number.isNaN(coloring.values[cell]!);
  const order = Rng.fromSeed(seed).fork('draw-order').permutation(n);
  if (coloring.kind === 'continuous') {
    const { values } = coloring;
    order.sort((a, b) => values[a]! - values[b]! || a - b);
  }
  const below = order.filter(isMissing);
  const above = order.filter((cell) => !isMissing(cell));
  order.set(below);
  order.set(above, below.length);
  return order;
}
