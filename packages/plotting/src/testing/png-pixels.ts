import { decode } from 'fast-png';

/** A decoded picture that answers for its colors. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  /** Number of pixels of exactly that color (`#rrggbb`). */
  count(color: string): number;
  /** `#rrggbb` of a pixel. */
  at(x: number, y: number): string;
}

/** Decodes a PNG with 8 bits a channel. */
export function pixelsOf(png: Uint8Array): Pixels {
  const { width, height, data, channels } = decode(png);
  const at = (x: number, y: number): string => {
    const start = (y * width + x) * channels;
    return `#${[...data.slice(start, start + 3)].map((v) => v.toString(16).padStart(2, '0')).join('')}`;
  };
  const count = (color: string): number => {
    const wanted = [1, 3, 5].map((i) => parseInt(color.slice(i, i + 2), 16));
    let found = 0;
    for (let i = 0; i < width * height; i++) {
      if (wanted.every((value, c) => data[i * channels + c] === value)) found += 1;
    }
    return found;
  };
  return { width, height, count, at };
}
