import type { ArrayLayout } from './zarr-layout.js';

/** A chunk and the part of the array it fills. */
export interface ChunkPlace {
  /** Number of the chunk along each dimension. */
  readonly position: readonly number[];
  /** First value of the array along each dimension. */
  readonly start: readonly number[];
  /** Values of the array along each dimension; fewer than the chunk has at the far edges. */
  readonly count: readonly number[];
}

/** Every chunk of an array, the last dimension running fastest. */
export function* eachChunk({ shape, chunkShape }: ArrayLayout): Generator<ChunkPlace> {
  if (shape.some((size) => size === 0)) return;
  const position = shape.map(() => 0);
  for (;;) {
    const start = position.map((place, axis) => place * chunkShape[axis]!);
    yield {
      position: [...position],
      start,
      count: start.map((first, axis) => Math.min(chunkShape[axis]!, shape[axis]! - first)),
    };
    let axis = shape.length - 1;
    for (; axis >= 0; axis--) {
      position[axis]! += 1;
      if (position[axis]! * chunkShape[axis]! < shape[axis]!) break;
      position[axis] = 0;
    }
    if (axis < 0) return;
  }
}

/** Copies the values of one chunk to their places in the array: calls `copy` for each run of them. */
export function eachRun(
  layout: ArrayLayout,
  place: ChunkPlace,
  copy: (from: number, fromStep: number, to: number, length: number) => void,
): void {
  const { shape } = layout;
  const chunkSteps = steps(layout.chunkShape, layout.order);
  const arraySteps = steps(
    shape,
    shape.map((_, axis) => axis),
  );
  const last = shape.length - 1;
  if (last < 0) {
    copy(0, 1, 0, 1);
    return;
  }
  const walk = (axis: number, from: number, to: number): void => {
    if (axis === last) {
      copy(from, chunkSteps[last]!, to, place.count[last]!);
      return;
    }
    for (let i = 0; i < place.count[axis]!; i++) {
      walk(axis + 1, from + i * chunkSteps[axis]!, to + i * arraySteps[axis]!);
    }
  };
  walk(
    0,
    0,
    place.start.reduce((to, first, axis) => to + first * arraySteps[axis]!, 0),
  );
}

/** Distance of neighbors along each dimension, for values stored in an order of the dimensions. */
function steps(shape: readonly number[], order: readonly number[]): number[] {
  const distances = new Array<number>(shape.length).fill(1);
  let step = 1;
  for (const axis of [...order].reverse()) {
    distances[axis] = step;
    step *= shape[axis]!;
  }
  return distances;
}
