import { textWidth } from '../render/text-width.js';
import { spread } from './spread.js';

/** A name above a part of the picture, in pixels from its left edge. */
export interface Heading {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

const FONT_SIZE = 11;
/** Least distance along the edge between slanted names. */
const STEP = 19;
/** From the edge of the picture to level text, and to the ends of lines that lead to slanted text. */
const CLEARANCE = 8;

/**
 * Layers with names above the picture: level where each fits above its part, else all slanted and
 * moved apart, with lines that lead to their parts.
 *
 * @param above - pixels above the picture that are taken
 */
export function headingLayers(
  headings: readonly Heading[],
  width: number,
  above: number,
): Record<string, unknown>[] {
  const isLevel = headings.every(
    ({ name, start, end }) => textWidth(name, FONT_SIZE, 600) < end - start + 4,
  );
  const middles = headings.map(({ start, end }) => (start + end) / 2);
  const places = isLevel ? middles : spread(middles, STEP, [0, width]);
  const text = {
    data: { values: headings.map(({ name }, i) => ({ name, x: places[i]! })) },
    mark: {
      type: 'text',
      fontSize: FONT_SIZE,
      color: '#222222',
      y: -above - CLEARANCE - (isLevel ? 0 : 3),
      baseline: 'middle',
      ...(isLevel ? { align: 'center' } : { align: 'left', angle: -45 }),
    },
    encoding: { x: pixels('x'), text: { field: 'name' } },
  };
  const lines = {
    data: { values: middles.map((middle, i) => ({ middle, x: places[i]! })) },
    mark: { type: 'rule', color: '#8c8c8c' },
    encoding: {
      x: pixels('middle'),
      x2: { field: 'x' },
      y: { value: -above },
      y2: { value: -above - CLEARANCE },
    },
  };
  return isLevel ? [text] : [lines, text];
}

/** A channel whose field holds pixels. */
export function pixels(field: string): Record<string, unknown> {
  return { field, type: 'quantitative', scale: null };
}
