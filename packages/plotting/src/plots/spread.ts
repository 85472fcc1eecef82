/**
 * Places of labels along a line, at least `step` apart: neighbors that are too close share the move
 * (least squares by pooling adjacent violators), then all are brought within the ends.
 *
 * @param places - rising
 * @returns rising, in the same order; beyond the ends only where there is no room
 */
export function spread(
  places: readonly number[],
  step: number,
  [low, high]: readonly [number, number],
): number[] {
  const pools: { sum: number; n: number }[] = [];
  places.forEach((place, i) => {
    let pool = { sum: place - i * step, n: 1 };
    for (;;) {
      const last = pools.at(-1);
      if (last === undefined || last.sum / last.n <= pool.sum / pool.n) break;
      pools.pop();
      pool = { sum: pool.sum + last.sum, n: pool.n + last.n };
    }
    pools.push(pool);
  });
  const moved = pools.flatMap(({ sum, n }) => Array.from({ length: n }, () => sum / n));
  const last = high - (places.length - 1) * step;
  return moved.map((place, i) => Math.max(low, Math.min(last, place)) + i * step);
}
