import { BackendError, DataError, ParamError } from '@dance-ts/core';
import { initWasm, Resvg } from '@resvg/resvg-wasm';
import { FONT } from './theme.js';

/** The bytes of a WebAssembly file, or where they are. */
export type WasmSource = Uint8Array<ArrayBuffer> | ArrayBuffer | Response | URL;

/**
 * What drawing pixels needs. In Node both are read from the installed packages; in a browser they
 * are given, for example `wasm: fetch(url of @resvg/resvg-wasm/index_bg.wasm)`.
 */
export interface PngResources {
  /** The file `index_bg.wasm` of `@resvg/resvg-wasm`: bytes, a response or a URL. */
  readonly wasm: WasmSource | Promise<WasmSource>;
  /** TrueType or OpenType files; the first should be Open Sans, for which texts are measured. */
  readonly fonts: readonly Uint8Array[];
}

/** Size and ground of a PNG. */
export interface PngOptions {
  /** Pixels of the picture for each pixel of the plot; default 2. */
  readonly scale?: number;
  /** A CSS color, or `'transparent'`; default `'white'`. */
  readonly background?: string;
}

/** Most pixels a picture may have: 4 bytes each, held twice while it is encoded. */
const MAX_PIXELS = 200_000_000;

let starting: Promise<void> | undefined;

/**
 * Draws SVG text as PNG bytes.
 *
 * @throws ParamError if the scale is not a number above 0
 * @throws DataError if the SVG cannot be read, or the picture would be too large
 * @throws BackendError if the wasm file cannot be started
 */
export async function svgToPng(
  svg: string,
  resources: PngResources,
  options: PngOptions = {},
): Promise<Uint8Array> {
  const scale = options.scale ?? 2;
  if (!(scale > 0 && scale < Infinity)) {
    throw new ParamError('scale of a picture', { got: String(scale), expected: 'a number > 0' });
  }
  await startResvg(resources.wasm);
  const resvg = readSvg(svg, {
    fitTo: { mode: 'zoom', value: scale },
    background: backgroundOf(options.background ?? 'white'),
    font: {
      fontBuffers: [...resources.fonts],
      defaultFontFamily: FONT,
      sansSerifFamily: FONT,
    },
  });
  try {
    checkSize(resvg.width * scale, resvg.height * scale);
    const image = resvg.render();
    try {
      return image.asPng();
    } finally {
      image.free();
    }
  } finally {
    resvg.free();
  }
}

function readSvg(
  svg: string,
  options: ConstructorParameters<typeof Resvg>[1],
): InstanceType<typeof Resvg> {
  try {
    return new Resvg(svg, options);
  } catch (cause) {
    throw new DataError('a picture cannot be drawn from its SVG text', {
      got: String(cause),
      cause,
    });
  }
}

function backgroundOf(color: string): string {
  return color === 'transparent' ? 'rgba(255, 255, 255, 0)' : color;
}

function checkSize(width: number, height: number): void {
  if (width * height <= MAX_PIXELS) return;
  throw new DataError('a picture is too large', {
    got: `${Math.round(width)} x ${Math.round(height)} pixels`,
    expected: `at most ${MAX_PIXELS} pixels`,
    remedy: 'Choose a smaller scale or size.',
  });
}

/** Starts the drawing library once; its module cannot be started twice in a process. */
function startResvg(wasm: PngResources['wasm']): Promise<void> {
  starting ??= initWasm(wasm).catch((cause: unknown) => {
    // Another part of the program has started it: that one serves as well.
    if (String(cause).includes('Already initialized')) return;
    starting = undefined;
    throw new BackendError('the PNG drawing library cannot be started', {
      got: String(cause),
      expected: 'the file index_bg.wasm of @resvg/resvg-wasm 2.6.2',
      cause,
    });
  });
  return starting;
}
