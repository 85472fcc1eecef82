import * as vega from 'vega';

/** How Vega measures text. */
export interface TextMetrics {
  width: (item: TextItem, line: string | number | null | undefined) => number;
}

/** A text of a drawing, as far as measuring it needs. */
export interface TextItem {
  readonly fontSize?: number;
  readonly fontWeight?: string | number;
  readonly limit?: number;
}

interface Untyped {
  readonly textMetrics: TextMetrics;
  readonly interpolateColors: (colors: readonly string[]) => (fraction: number) => string;
}

/** Exports of Vega that its type definitions leave out. */
export const { textMetrics, interpolateColors } = vega as unknown as Untyped;
