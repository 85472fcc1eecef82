import { IoError } from '@dance-ts/core';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { PngResources } from './svg-to-png.js';

const WASM = '@resvg/resvg-wasm/index_bg.wasm';
const FONTS = [
  '@expo-google-fonts/open-sans/400Regular/OpenSans_400Regular.ttf',
  '@expo-google-fonts/open-sans/600SemiBold/OpenSans_600SemiBold.ttf',
];

let reading: Promise<PngResources> | undefined;

/**
 * The drawing library and Open Sans (regular and semi-bold) from the installed packages.
 *
 * @throws IoError naming the file that is not there
 */
export function installedResources(): Promise<PngResources> {
  reading ??= readResources().catch((error: unknown) => {
    reading = undefined;
    throw error;
  });
  return reading;
}

async function readResources(): Promise<PngResources> {
  const [wasm, ...fonts] = await Promise.all([readInstalled(WASM), ...FONTS.map(readInstalled)]);
  return { wasm, fonts };
}

async function readInstalled(name: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return new Uint8Array(await readFile(createRequire(import.meta.url).resolve(name)));
  } catch (cause) {
    throw new IoError(`a file that pictures are drawn with cannot be read: ${name}`, {
      remedy: 'Reinstall @dance-ts/plotting, or pass `resources`.',
      cause,
    });
  }
}
