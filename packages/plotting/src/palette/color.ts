import { ParamError } from '@dance-ts/core';
import { scheme } from 'vega';
import { interpolateColors } from '../vega-untyped.js';

/** Red, green and blue, 0 to 255. */
export type Rgb = readonly [number, number, number];

/** Names of CSS that the color parser itself answers black for, as it does for unknown ones. */
const BLACK = /^(black|#000|#000000|#000000ff|rgba?\(\s*0\s*,\s*0\s*,\s*0\b.*)$/i;

/**
 * Parts of a CSS color: a name, `#rgb`, `#rrggbb`, `#rrggbbaa` or `rgb(...)`. Opacity is dropped.
 *
 * @throws ParamError if it is not a color
 */
export function parseColor(color: string): Rgb {
  const text = color.trim();
  const rgb = interpolateColors([text, text])(0);
  const [red = 0, green = 0, blue = 0] = (rgb.match(/[\d.]+/g) ?? []).map(Number);
  if (red === 0 && green === 0 && blue === 0 && !BLACK.test(text)) {
    throw new ParamError('a color cannot be read', {
      got: JSON.stringify(color),
      expected: 'a CSS color such as "#e69f00" or "orange"',
    });
  }
  return [red, green, blue];
}

/**
 * 256 colors of one of Vega's sequential or diverging schemes, from its low to its high end.
 *
 * @param name - such as `viridis`, `magma`, `reds`, `blueorange`
 * @throws ParamError if there is no such scheme
 */
export function colorRamp(name: string): readonly Rgb[] {
  const interpolate: unknown = scheme(name);
  if (typeof interpolate !== 'function') {
    throw new ParamError('color scheme', {
      got: JSON.stringify(name),
      expected: 'a sequential or diverging scheme of Vega, such as "viridis", "magma" or "reds"',
    });
  }
  const colorAt = interpolate as (fraction: number) => string;
  return Array.from({ length: 256 }, (_, i) => parseColor(colorAt(i / 255)));
}
