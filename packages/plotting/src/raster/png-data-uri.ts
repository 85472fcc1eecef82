import { encode } from 'fast-png';
import type { Raster } from './raster-points.js';

/** Bytes turned into text at once: the most arguments a call can safely take. */
const CHUNK = 8192;

/** A raster as a PNG in a `data:` URI, so that a specification holds its picture. */
export function pngDataUri({ width, height, data }: Raster): string {
  const bytes = encode({ width, height, data, channels: 4, depth: 8 });
  let text = '';
  for (let start = 0; start < bytes.length; start += CHUNK) {
    text += String.fromCharCode(...bytes.subarray(start, start + CHUNK));
  }
  return `data:image/png;base64,${btoa(text)}`;
}
