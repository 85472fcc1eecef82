import { DataError, type AnnData, type Matrix } from '@dance-ts/core';

/**
 * The matrix a transform reads: X, or a layer.
 *
 * @param owner - name of the transform, for messages
 * @throws DataError if there is no such layer
 */
export function matrixOf(data: AnnData, layer: string | undefined, owner: string): Matrix {
  if (layer === undefined) return data.X;
  const matrix = data.layers.get(layer);
  if (matrix === undefined) {
    throw new DataError(`${owner}: the data have no layer "${layer}"`, {
      got: `layers ${[...data.layers.keys()].join(', ') || '(none)'}`,
      remedy: 'Name one of those, or leave the parameter "layer" out to use X.',
    });
  }
  return matrix;
}
