import { DataError, ParamError } from '@dance-ts/core';
import type {
  GatherRowsArgs,
  GemmArgs,
  NearestArgs,
  SegmentSumArgs,
  SpmmArgs,
  SquaredDistanceArgs,
} from '../contract/matrix.js';
import { checkIndices, checkLength, checkSize, rowsOf } from './basic.js';

/** Throws unless sizes and array lengths of a matrix product fit together. */
export function checkGemm(args: GemmArgs): void {
  const { m, n, k, a, b, out } = args;
  checkSize('m', m);
  checkSize('n', n);
  checkSize('k', k);
  checkLength('a', a, m * k);
  checkLength('b', b, k * n);
  checkLength('out', out, m * n);
}

/** Throws unless the CSR structure is sound and the arrays fit. */
export function checkSpmm(args: SpmmArgs): void {
  const { nRows, indptr, indices, values, x, width, out } = args;
  checkSize('nRows', nRows);
  checkSize('width', width);
  checkLength('indptr', indptr, nRows + 1);
  checkLength('out', out, nRows * width);
  for (let row = 0; row < nRows; row++) {
    if (indptr[row]! < 0 || indptr[row + 1]! < indptr[row]!) {
      throw new DataError(`Kernel array indptr decreases at row ${row}`, {
        got: `${indptr[row]!} then ${indptr[row + 1]!}`,
        expected: 'non-decreasing offsets >= 0',
      });
    }
  }
  const start = nRows === 0 ? 0 : indptr[0]!;
  const end = nRows === 0 ? 0 : indptr[nRows]!;
  checkLength('indices', indices, end);
  checkLength('values', values, end);
  checkIndices('indices', indices, [start, end], [0, rowsOf(x, width)]);
}

/** Throws unless sizes and array lengths fit together. */
export function checkSquaredDistances(args: SquaredDistanceArgs): void {
  const { a, nA, b, nB, dim, out } = args;
  checkSize('nA', nA);
  checkSize('nB', nB);
  checkSize('dim', dim);
  checkLength('a', a, nA * dim);
  checkLength('b', b, nB * dim);
  checkLength('out', out, nA * nB);
}

/** Throws unless sizes and array lengths fit together and `k` neighbors exist. */
export function checkNearest(args: NearestArgs): void {
  const { queries, nQueries, points, nPoints, dim, k, outIndices, outDistances, firstQuery } = args;
  checkSize('nQueries', nQueries);
  checkSize('nPoints', nPoints);
  checkSize('dim', dim);
  checkSize('k', k);
  checkLength('queries', queries, nQueries * dim);
  checkLength('points', points, nPoints * dim);
  checkLength('outIndices', outIndices, nQueries * k);
  checkLength('outDistances', outDistances, nQueries * k);
  if (firstQuery !== undefined) {
    checkSize('firstQuery', firstQuery);
    if (firstQuery + nQueries > nPoints) {
      throw new ParamError('The queries are not rows of the points', {
        got: `rows ${firstQuery} to ${firstQuery + nQueries - 1} of ${nPoints}`,
        remedy: 'Omit firstQuery for queries from another set.',
      });
    }
  }
  const available = firstQuery === undefined ? nPoints : Math.max(0, nPoints - 1);
  if (nQueries > 0 && k > available) {
    throw new ParamError('There are fewer points than neighbors asked for', {
      got: `k = ${k}`,
      expected: `at most ${available}`,
      remedy: 'Lower k.',
    });
  }
}

/** Throws unless array lengths fit and every index is a row of the source. */
export function checkGatherRows(args: GatherRowsArgs): void {
  const { source, width, indices, out } = args;
  checkSize('width', width);
  checkLength('out', out, indices.length * width);
  checkIndices('indices', indices, [0, indices.length], [0, rowsOf(source, width)]);
}

/** Throws unless array lengths fit and every id is negative or below `nSegments`. */
export function checkSegmentSum(args: SegmentSumArgs): void {
  const { values, width, segmentIds, nSegments, out } = args;
  checkSize('width', width);
  checkSize('nSegments', nSegments);
  checkLength('values', values, segmentIds.length * width);
  checkLength('out', out, nSegments * width);
  checkIndices('segmentIds', segmentIds, [0, segmentIds.length], [-(2 ** 31), nSegments]);
}
