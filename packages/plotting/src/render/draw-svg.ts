import { throwIfAborted } from '@dance-ts/core';
import * as vega from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import { textMetrics, type TextItem } from '../vega-untyped.js';
import { textWidth } from './text-width.js';

/** Receives what Vega and Vega-Lite have to say about a specification. */
export type WarningSink = (message: string) => void;

let drawing: Promise<unknown> = Promise.resolve();

/**
 * SVG text of a specification. Drawings queue up, because how Vega measures text and numbers its
 * gradients and clips is global to a process: it is set for the time of one drawing and then
 * restored, so that a page's own charts stay as they are.
 *
 * @throws Error as Vega does, if the specification is invalid
 */
export function drawSvg(
  spec: TopLevelSpec,
  options: { signal?: AbortSignal | undefined; onWarning?: WarningSink } = {},
): Promise<string> {
  const drawn = drawing.then(() => {
    throwIfAborted(options.signal);
    return measuredInOpenSans(() => draw(spec, options.onWarning ?? (() => undefined)));
  });
  drawing = drawn.catch(() => undefined);
  return drawn;
}

async function draw(spec: TopLevelSpec, onWarning: WarningSink): Promise<string> {
  const logger = collectingLogger(onWarning);
  const compiled = compile(spec, { logger }).spec;
  const refused: string[] = [];
  const view = new vega.View(vega.parse(compiled), {
    renderer: 'none',
    logger,
    loader: dataUriLoader(refused),
  });
  try {
    vega.resetSVGDefIds();
    const svg = await view.toSVG();
    if (refused[0] !== undefined) {
      throw new Error(`a plot holds its data and loads nothing such as ${refused[0].slice(0, 80)}`);
    }
    return tidySvg(svg);
  } finally {
    view.finalize();
  }
}

async function measuredInOpenSans<T>(run: () => Promise<T>): Promise<T> {
  const before = textMetrics.width;
  textMetrics.width = (item, line) => widthOfItem(item, line);
  try {
    return await run();
  } finally {
    textMetrics.width = before;
  }
}

/** Width of a line as drawn, that is, after it was cut at the item's limit. */
function widthOfItem(item: TextItem, line: string | number | null | undefined): number {
  const text = String(line ?? '').trim();
  const width = textWidth(text, item.fontSize ?? 11, item.fontWeight);
  return item.limit !== undefined && item.limit > 0 ? Math.min(width, item.limit) : width;
}

/**
 * Pictures are whole in themselves: nothing is fetched while one is drawn. Vega goes on without
 * what it cannot load, so what it asked for is noted for an error afterwards.
 */
function dataUriLoader(refused: string[]): vega.Loader {
  const refuse = (uri: string): Promise<never> => {
    refused.push(uri);
    return Promise.reject(new Error(uri));
  };
  const loader = vega.loader();
  loader.sanitize = (uri: string) =>
    uri.startsWith('data:image/') ? Promise.resolve({ href: uri }) : refuse(uri);
  loader.load = refuse;
  return loader;
}

function collectingLogger(onWarning: WarningSink): vega.LoggerInterface {
  const logger: vega.LoggerInterface = {
    level: (_?: number) => (_ === undefined ? vega.Warn : logger),
    error: (...messages: readonly unknown[]) => {
      throw messages[0] instanceof Error ? messages[0] : new Error(messages.join(' '));
    },
    warn: (...messages: readonly unknown[]) => {
      onWarning(messages.join(' '));
      return logger;
    },
    info: () => logger,
    debug: () => logger,
  };
  return logger;
}

/** Places in pixels get at most two decimals: a third of the bytes, and nothing visible changes. */
function tidySvg(svg: string): string {
  return svg.replace(
    /translate\((-?[\d.]+(?:e-?\d+)?),(-?[\d.]+(?:e-?\d+)?)\)/g,
    (_, x: string, y: string) => `translate(${round2(x)},${round2(y)})`,
  );
}

function round2(text: string): number {
  return Math.round(Number(text) * 100) / 100;
}
