import type { Rng } from '@dance-ts/core';
import type { ReferenceType } from './reference-types.js';

/** How many cells a mixture has, and of how many types. */
export interface MixtureSizes {
  /** Fewest cells. */
  readonly ncMin: number;
  /** Most cells. */
  readonly ncMax: number;
  /** Most types; if left out, cells are drawn whatever their type. */
  readonly maxTypes?: number | undefined;
}

/** A cell of a mixture: its row in the data and the number of its type. */
export interface DrawnCell {
  readonly cell: number;
  readonly type: number;
}

/**
 * The cells of one mixture, uniform from `ncMin` to `ncMax` in number. Without `maxTypes` they are
 * different cells of all types, as for DSTG. With it, 1 to `maxTypes` types are drawn first, and each
 * cell is one of a random one of them, with replacement, as for STdGCN.
 *
 * @param types - at least one, none without cells, and `ncMax` cells in all without `maxTypes`
 */
export function drawMixture(
  types: readonly ReferenceType[],
  { ncMin, ncMax, maxTypes }: MixtureSizes,
  rng: Rng,
): DrawnCell[] {
  const size = ncMin + rng.int(ncMax - ncMin + 1);
  if (maxTypes === undefined) {
    const total = types.reduce((sum, { cells }) => sum + cells.length, 0);
    return distinct(total, size, rng).map((position) => cellAt(types, position));
  }
  const nTypes = 1 + rng.int(Math.min(maxTypes, types.length));
  const chosen = distinct(types.length, nTypes, rng);
  return Array.from({ length: size }, () => {
    const type = chosen[rng.int(nTypes)]!;
    const { cells } = types[type]!;
    return { type, cell: cells[rng.int(cells.length)]! };
  });
}

/** `count` different numbers below `bound`, every set of them equally likely (Floyd's algorithm). */
function distinct(bound: number, count: number, rng: Rng): number[] {
  const chosen = new Set<number>();
  for (let last = bound - count; last < bound; last++) {
    const drawn = rng.int(last + 1);
    chosen.add(chosen.has(drawn) ? last : drawn);
  }
  return [...chosen];
}

/** The cell at a position of the list of all types' cells. */
function cellAt(types: readonly ReferenceType[], position: number): DrawnCell {
  let type = 0;
  let left = position;
  while (left >= types[type]!.cells.length) {
    left -= types[type]!.cells.length;
    type += 1;
  }
  return { type, cell: types[type]!.cells[left]! };
}
