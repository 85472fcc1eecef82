import { colorRamp, type Rgb } from '../palette/color.js';

/** Colors of the numbers of a heat map. */
export interface HeatColors {
  readonly scheme: string;
  /** True if the scheme is drawn from its high to its low end. */
  readonly reverse: boolean;
  readonly domain: readonly [number, number];
  readonly title: string;
}

/** z scores beyond are drawn as this. */
const Z_LIMIT = 3;

/** Blue over white to red for z scores, around 0; viridis from the least to the most otherwise. */
export function heatColors(values: Float64Array, isScaled: boolean): HeatColors {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (isScaled) {
    const most = Math.min(Z_LIMIT, Math.max(Math.abs(low), Math.abs(high))) || 1;
    return { scheme: 'redblue', reverse: true, domain: [-most, most], title: 'z score' };
  }
  const domain: readonly [number, number] = low < high ? [low, high] : [low - 0.5, low + 0.5];
  return { scheme: 'viridis', reverse: false, domain, title: 'expression' };
}

/** The color of a number, as Vega draws it. */
export function rgbOfHeat({ scheme, reverse, domain }: HeatColors): (value: number) => Rgb {
  const ramp = colorRamp(scheme);
  const [low, high] = domain;
  return (value) => {
    const fraction = Math.min(1, Math.max(0, (value - low) / (high - low)));
    return ramp[Math.round((reverse ? 1 - fraction : fraction) * 255)]!;
  };
}

/** Color channel with a bar beside the picture. */
export function heatChannel(colors: HeatColors, field: string): Record<string, unknown> {
  const { scheme, reverse, domain, title } = colors;
  return {
    field,
    type: 'quantitative',
    scale: { scheme, reverse, domain, clamp: true, nice: false },
    legend: { title, gradientLength: 120, gradientThickness: 12, gradientOpacity: 1, tickCount: 5 },
  };
}
