import { DataError, type DenseMatrix } from '@dance-ts/core';

/** Places of cells in a plane, and what they span. */
export interface Coordinates {
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly xRange: readonly [number, number];
  readonly yRange: readonly [number, number];
}

/**
 * Two columns of an embedding.
 *
 * @param name - for messages
 * @param margin - added on each side, as a fraction of what the cells span
 * @throws DataError at the first place that is not finite
 */
export function coordinatesOf(
  embedding: DenseMatrix,
  name: string,
  [xColumn, yColumn]: readonly [number, number],
  margin = 0.04,
): Coordinates {
  const x = column(embedding, xColumn, name);
  const y = column(embedding, yColumn, name);
  return { x, y, xRange: rangeOf(x, margin), yRange: rangeOf(y, margin) };
}

function column(embedding: DenseMatrix, j: number, name: string): Float64Array {
  return Float64Array.from({ length: embedding.nRows }, (_, i) => {
    const value = embedding.get(i, j);
    if (Number.isFinite(value)) return value;
    throw new DataError(`obsm["${name}"] has a place that is not finite at cell ${i}`, {
      got: String(value),
      expected: 'finite coordinates',
      remedy: 'Compute the embedding again, or leave such cells out.',
    });
  });
}

function rangeOf(values: Float64Array, margin: number): readonly [number, number] {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  // A single cell, or cells on a line, still get an area around them.
  const pad = high > low ? (high - low) * margin : Math.max(1, Math.abs(high) * margin);
  return [low - pad, high + pad];
}
