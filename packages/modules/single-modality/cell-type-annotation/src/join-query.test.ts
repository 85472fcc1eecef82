import { describe, expect, test } from '@jest/globals';
import { AnnData, categoricalFromStrings, DenseMatrix, type CsrMatrix } from '@dance-ts/core';
import { joinQuery } from './join-query.js';

describe('joinQuery', () => {
  const reference = AnnData.fromMatrix(
    DenseMatrix.fromRows([
      [1, 2],
      [3, 0],
    ]),
    { varNames: ['a', 'b'] },
  );
  reference.obs.set('type', categoricalFromStrings(['x', 'y']));
  const query = AnnData.fromMatrix(DenseMatrix.fromRows([[9, 8, 7]]), {
    varNames: ['c', 'b', 'a'],
  });
  query.obs.set('type', categoricalFromStrings(['y']));

  test('genes of the reference, query cells last and without their labels', () => {
    const { data, queryRows } = joinQuery(reference, query, 'type');
    expect(data.varNames).toEqual(['a', 'b']);
    expect((data.X as CsrMatrix).toDense().data).toEqual(Float32Array.of(1, 2, 3, 0, 7, 8));
    expect([...data.labels('type').codes]).toEqual([0, 1, -1]);
    expect([...queryRows]).toEqual([2]);
    expect([...data.splits.train]).toEqual([0, 1]);
  });
});
