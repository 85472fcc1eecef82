import { compareText } from './table/column.js';

/** Letters of a name that are compared. */
const MAX_LENGTH = 60;
/** From this length on, a name that is a part of another one is near to it. */
const PART_LENGTH = 3;

/**
 * Known names that somebody who wrote `name` may have meant, nearest first: the same but for capitals
 * and separators, one that contains the other, or up to a third of the letters changed.
 *
 * @param limit - most names returned, default 3
 */
export function nearNames(name: string, known: Iterable<string>, limit = 3): string[] {
  const wanted = bare(name);
  const allowed = Math.max(1, Math.floor(wanted.length / 3));
  return [...new Set(known)]
    .map((candidate) => ({ candidate, edits: edits(wanted, bare(candidate), allowed) }))
    .filter(({ edits }) => edits <= allowed)
    .sort((a, b) => a.edits - b.edits || compareText(a.candidate, b.candidate))
    .slice(0, limit)
    .map(({ candidate }) => candidate);
}

/** Case and separators are what people get wrong most. */
function bare(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^\p{Letter}\p{Number}]/gu, '')
    .slice(0, MAX_LENGTH);
}

/**
 * Letters to add, leave out, change or swap with their neighbor (optimal string alignment); 1 if one
 * name is a part of the other; a number above `bound` once it is certain to be larger.
 */
function edits(a: string, b: string, bound: number): number {
  if (a === b) return 0;
  const isPart = Math.min(a.length, b.length) >= PART_LENGTH && (a.includes(b) || b.includes(a));
  if (isPart) return 1;
  if (Math.abs(a.length - b.length) > bound) return bound + 1;
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      const isSwapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swap = isSwapped ? before[j - 2]! + 1 : Infinity;
      next.push(Math.min(change, swap, row[j]! + 1, next[j - 1]! + 1));
    }
    if (Math.min(...next) > bound) return bound + 1;
    before = row;
    row = next;
  }
  return row[b.length]!;
}
