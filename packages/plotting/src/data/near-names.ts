/** Names compared at most; beyond, only equal beginnings are looked for. */
const MAX_LENGTH = 60;

/**
 * Up to `limit` names that a misspelt one may have meant, nearest first: the same but for capitals,
 * a few letters changed, or a longer name that begins with it.
 */
export function nearNames(name: string, candidates: Iterable<string>, limit = 3): string[] {
  const wanted = name.toLowerCase().slice(0, MAX_LENGTH);
  const tolerance = Math.max(1, Math.floor(wanted.length / 3));
  const near: { name: string; distance: number }[] = [];
  for (const candidate of new Set(candidates)) {
    const lower = candidate.toLowerCase().slice(0, MAX_LENGTH);
    const begins = wanted.length >= 3 && lower !== wanted && lower.startsWith(wanted);
    const distance = begins ? 1 : editDistance(wanted, lower, tolerance);
    if (distance <= tolerance) near.push({ name: candidate, distance });
  }
  return near
    .sort((a, b) => a.distance - b.distance)
    .slice(0, limit)
    .map((found) => found.name);
}

/**
 * Letters to add, leave out, change or swap with their neighbor (optimal string alignment), or a
 * number above `bound` once it is certain to be larger.
 */
function editDistance(a: string, b: string, bound: number): number {
  if (Math.abs(a.length - b.length) > bound) return bound + 1;
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swaps = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swap = swaps ? before[j - 2]! + 1 : Infinity;
      next.push(Math.min(change, swap, row[j]! + 1, next[j - 1]! + 1));
    }
    if (Math.min(...next) > bound) return bound + 1;
    before = row;
    row = next;
  }
  return row[b.length]!;
}
