import { DataError } from '@dance-ts/core';
import type {
  EdgeAggregateArgs,
  EdgeSoftmaxArgs,
  EdgeSoftmaxGradientArgs,
  GatAggregateArgs,
  GatAggregateGradientArgs,
  SddmmArgs,
  SegmentMaxArgs,
  SegmentMaxGradientArgs,
} from '../contract/graph.js';
import { checkIndices, checkLength, checkSize, rowsOf } from './basic.js';

/** Throws unless the edges are sound and the arrays fit. */
export function checkSddmm(args: SddmmArgs): void {
  const { nRows, indptr, indices, a, b, heads, width, out } = args;
  checkSize('heads', heads);
  checkSize('width', width);
  const [start, end] = checkOffsets('indptr', indptr, nRows);
  checkIndices(
    'indices',
    checkedList('indices', indices, end),
    [start, end],
    [0, rowsOf(b, heads * width)],
  );
  checkLength('a', a, nRows * heads * width);
  checkLength('out', out, end * heads);
}

/** Throws unless the edges are sound and the arrays fit. */
export function checkEdgeAggregate(args: EdgeAggregateArgs): void {
  const { nRows, indptr, indices, entries, weights, x, heads, width, out } = args;
  checkSize('heads', heads);
  checkSize('width', width);
  const [start, end] = checkOffsets('indptr', indptr, nRows);
  checkIndices(
    'indices',
    checkedList('indices', indices, end),
    [start, end],
    [0, rowsOf(x, heads * width)],
  );
  if (entries === undefined) checkLength('weights', weights, end * heads);
  else {
    checkIndices(
      'entries',
      checkedList('entries', entries, end),
      [start, end],
      [0, rowsOf(weights, heads)],
    );
  }
  checkLength('out', out, nRows * heads * width);
}

/** Throws unless the arrays fit. */
export function checkEdgeSoftmax({ nRows, indptr, heads, logits, out }: EdgeSoftmaxArgs): void {
  checkSize('heads', heads);
  const [, end] = checkOffsets('indptr', indptr, nRows);
  checkLength('logits', logits, end * heads);
  checkLength('out', out, end * heads);
}

/** Throws unless the arrays fit. */
export function checkEdgeSoftmaxGradient(args: EdgeSoftmaxGradientArgs): void {
  const { nRows, indptr, heads, probabilities, dOut, dLogits } = args;
  checkSize('heads', heads);
  const [, end] = checkOffsets('indptr', indptr, nRows);
  checkLength('probabilities', probabilities, end * heads);
  checkLength('dOut', dOut, end * heads);
  checkLength('dLogits', dLogits, end * heads);
}

/** Throws unless the edges are sound and the arrays fit. */
export function checkGatAggregate(args: GatAggregateArgs): void {
  const { nRows, indptr, indices, heads, width, z, source, target } = args;
  checkSize('heads', heads);
  checkSize('width', width);
  const [start, end] = checkOffsets('indptr', indptr, nRows);
  const nColumns = Math.min(rowsOf(z, heads * width), rowsOf(source, heads));
  checkIndices('indices', checkedList('indices', indices, end), [start, end], [0, nColumns]);
  checkLength('target', target, nRows * heads);
  checkLength('attention', args.attention, end * heads);
  checkLength('slopes', args.slopes, end * heads);
  checkLength('out', args.out, nRows * heads * width);
}

/** Throws unless the edges are sound both ways and the arrays fit. */
export function checkGatAggregateGradient(args: GatAggregateGradientArgs): void {
  const { nRows, nColumns, indptr, indices, byColumn, heads, width } = args;
  checkSize('heads', heads);
  checkSize('width', width);
  const [start, end] = checkOffsets('indptr', indptr, nRows);
  checkIndices('indices', checkedList('indices', indices, end), [start, end], [0, nColumns]);
  const { rows, entries } = byColumn;
  const [from, to] = checkOffsets('byColumn.indptr', byColumn.indptr, nColumns);
  checkIndices('byColumn.rows', checkedList('byColumn.rows', rows, to), [from, to], [0, nRows]);
  const places = checkedList('byColumn.entries', entries, to);
  checkIndices('byColumn.entries', places, [from, to], [0, end]);
  for (const name of ['attention', 'slopes', 'dScores'] as const) {
    checkLength(name, args[name], end * heads);
  }
  if (args.dAttention !== undefined) checkLength('dAttention', args.dAttention, end * heads);
  checkLength('z', args.z, nColumns * heads * width);
  checkLength('dZ', args.dZ, nColumns * heads * width);
  checkLength('dOut', args.dOut, nRows * heads * width);
  checkLength('dSource', args.dSource, nColumns * heads);
  checkLength('dTarget', args.dTarget, nRows * heads);
}

/** Throws unless the segments are sound and the arrays fit. */
export function checkSegmentMax(args: SegmentMaxArgs): void {
  const { nSegments, indptr, indices, x, width, out, argmax } = args;
  checkSize('width', width);
  const [start, end] = checkOffsets('indptr', indptr, nSegments);
  checkIndices(
    'indices',
    checkedList('indices', indices, end),
    [start, end],
    [0, rowsOf(x, width)],
  );
  checkLength('out', out, nSegments * width);
  checkLength('argmax', argmax, nSegments * width);
}

/** Throws unless the rows exist and the arrays fit. */
export function checkSegmentMaxGradient(args: SegmentMaxGradientArgs): void {
  const { nSegments, nRows, width, argmax, dOut, dX } = args;
  checkSize('nSegments', nSegments);
  checkSize('nRows', nRows);
  checkSize('width', width);
  const size = nSegments * width;
  checkLength('dOut', dOut, size);
  checkLength('dX', dX, nRows * width);
  checkIndices('argmax', checkedList('argmax', argmax, size), [0, size], [-(2 ** 31), nRows]);
}

/** Throws unless the offsets of `n` rows never decrease; returns the first and the last. */
function checkOffsets(name: string, indptr: Int32Array, n: number): readonly [number, number] {
  checkSize('nRows', n);
  checkLength(name, indptr, n + 1);
  for (let row = 0; row < n; row++) {
    if (indptr[row]! < 0 || indptr[row + 1]! < indptr[row]!) {
      throw new DataError(`Kernel array ${name} decreases at row ${row}`, {
        got: `${indptr[row]!} then ${indptr[row + 1]!}`,
        expected: 'non-decreasing offsets >= 0',
      });
    }
  }
  return n === 0 ? [0, 0] : [indptr[0]!, indptr[n]!];
}

function checkedList(name: string, list: Int32Array, needed: number): Int32Array {
  checkLength(name, list, needed);
  return list;
}
