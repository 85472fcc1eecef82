import { AnnData, DataError, DenseMatrix, type NdArray } from '@dance-ts/core';
import { describe, expect, test } from '@jest/globals';
import { testContext } from '../../testing/data.js';
import { readSpaGCNGraph, SpaGCNGraph, SpaGCNGraph2D } from './spagcn-graph.js';

const SIDE = 4;
const STEP = 10;

/** An image whose red grows from left to right and whose green is even. */
function image(size: number): NdArray {
  const data = Uint8Array.from({ length: size * size * 3 }, (_, at) => {
    const column = Math.floor(at / 3) % size;
    return [column, 90, 0][at % 3]!;
  });
  return { kind: 'ndarray', shape: [size, size, 3], data };
}

function spots(picture?: NdArray): AnnData {
  const n = SIDE * SIDE;
  const data = AnnData.fromMatrix(DenseMatrix.zeros(n, 2));
  const array = Array.from({ length: n }, (_, i) => [Math.floor(i / SIDE), i % SIDE]);
  data.obsm.set('spatial', DenseMatrix.fromRows(array));
  const pixels = array.map((place) => place.map((value) => 10 + STEP * value));
  data.obsm.set('spatial_pixel', DenseMatrix.fromRows(pixels));
  if (picture !== undefined) data.uns.set('image', picture);
  return data;
}

describe('SpaGCNGraph', () => {
  test('adds the color as a third coordinate, in pitches', async () => {
    const made = await new SpaGCNGraph({ alpha: 2, beta: 5, radius: 1.2 }).apply(
      spots(image(50)),
      testContext(),
    );
    const places = made.obsm.get('SpaGCNGraph') as DenseMatrix;
    // Windows within the image have their middle column as mean red; even steps of 1, 2, 3, 4.
    const sd = Math.sqrt(1.25);
    for (let i = 0; i < 16; i++) {
      expect(places.get(i, 0)).toBeCloseTo(1 + Math.floor(i / SIDE), 5);
      expect(places.get(i, 2)).toBeCloseTo((((i % SIDE) - 1.5) / sd) * 2 * sd, 5);
    }
    const graph = readSpaGCNGraph(made);
    expect(graph.get(0, 4)).toBeCloseTo(1, 5);
    expect(graph.get(0, 1)).toBeCloseTo(Math.sqrt(1 + 4), 5);
    expect([...graph.row(5).indices]).toEqual([1, 4, 6, 9]);
  });

  test('windows are cut off at the border of the image', async () => {
    const data = spots(image(41));
    const made = await new SpaGCNGraph({ alpha: 1, beta: 49 }).apply(data, testContext());
    const places = made.obsm.get('SpaGCNGraph') as DenseMatrix;
    const red = [10, 20, 30, 40].map((middle) => {
      const columns = Array.from({ length: 41 }, (_, c) => c).filter(
        (c) => Math.abs(c - middle) <= 24,
      );
      return columns.reduce((sum, c) => sum + c, 0) / columns.length;
    });
    const mean = red.reduce((sum, value) => sum + value, 0) / 4;
    const spread = Math.sqrt(red.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 4);
    [0, 1, 2, 3].forEach((i) => {
      expect(places.get(i, 2)).toBeCloseTo(((red[i]! - mean) / spread) * Math.sqrt(1.25), 5);
    });
  });

  test('goes without an image unless one is asked for', async () => {
    const context = testContext();
    const made = await new SpaGCNGraph().apply(spots(), context);
    const plane = await new SpaGCNGraph2D().apply(spots(), context);
    const distances = readSpaGCNGraph(plane, 'SpaGCNGraph2D');
    expect(context.messages.join()).toContain('no image');
    expect([...readSpaGCNGraph(made).data].map((d) => Math.round(d * STEP * 1e4))).toEqual(
      [...distances.data].map((d) => Math.round(d * 1e4)),
    );
    const off = await new SpaGCNGraph({ histology: 'off' }).apply(spots(image(50)), testContext());
    expect(readSpaGCNGraph(off)).toEqual(readSpaGCNGraph(made));
    const asked = new SpaGCNGraph({ histology: 'on' }).apply(spots(), context);
    await expect(asked).rejects.toThrow(DataError);
  });

  test('an image of one color adds nothing, one too small is refused', async () => {
    const context = testContext();
    const even: NdArray = {
      kind: 'ndarray',
      shape: [50, 50, 3],
      data: new Uint8Array(7500).fill(7),
    };
    const made = await new SpaGCNGraph({ coords: 'array' }).apply(spots(even), context);
    expect(context.messages.join()).toContain('one color');
    expect(readSpaGCNGraph(made).get(0, 1)).toBe(1);
    const small = new SpaGCNGraph({ beta: 3 }).apply(spots(image(30)), context);
    await expect(small).rejects.toThrow(/cell_00003.*outside/);
  });
});
