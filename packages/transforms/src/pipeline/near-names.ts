const MOST = 5;

/**
 * Known names that somebody who wrote `name` may have meant, nearest first; at most five, and none
 * if nothing is near.
 */
export function nearNames(name: string, known: readonly string[]): string[] {
  const wanted = bare(name);
  const rated = known.map((candidate) => ({ candidate, edits: distance(wanted, bare(candidate)) }));
  const allowed = Math.max(2, Math.floor(wanted.length / 3));
  return rated
    .filter(({ edits }) => edits <= allowed)
    .sort((a, b) => a.edits - b.edits || (a.candidate < b.candidate ? -1 : 1))
    .slice(0, MOST)
    .map(({ candidate }) => candidate);
}

/** Case and separators are what people get wrong most. */
function bare(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '');
}

/** Insertions, deletions and replacements from one text to the other; a part of it costs 1. */
function distance(a: string, b: string): number {
  if (a === b) return 0;
  if (a.length > 3 && b.length > 3 && (a.includes(b) || b.includes(a))) return 1;
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1]! + Number(a[i - 1] !== b[j - 1]);
      next.push(Math.min(replaced, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}
