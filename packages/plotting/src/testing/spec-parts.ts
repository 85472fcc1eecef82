import type { Plot } from '../plot.js';

/** A part of a specification, as JSON. */
export interface Part {
  readonly [key: string]: Part;
}

/** The specification of a plot as plain JSON, so that tests can look into it. */
export function jsonOf(plot: Plot): Part {
  return JSON.parse(JSON.stringify(plot.spec)) as Part;
}

/** The layers of a specification. */
export function layersOf(plot: Plot): Part[] {
  return jsonOf(plot)['layer'] as unknown as Part[];
}

/** Rows of data of a layer or a specification. */
export function rowsOf(part: Part | undefined): Record<string, number | string>[] {
  return part?.['data']?.['values'] as unknown as Record<string, number | string>[];
}

/** A leaf that is a text. */
export function textOf(leaf: Part | undefined): string {
  return leaf as unknown as string;
}
