import { ParamError } from '@dance-ts/core';

/**
 * Eight colors that people with any common color blindness tell apart (Okabe & Ito, "Color
 * Universal Design", 2008), black last because it weighs most.
 */
export const OKABE_ITO = [
  '#e69f00',
  '#56b4e9',
  '#009e73',
  '#f0e442',
  '#0072b2',
  '#d55e00',
  '#cc79a7',
  '#000000',
] as const;

/** The 20 colors of scanpy's `default_20`: category20 of D3 without grays, some greens changed. */
export const SCANPY_20 = [
  '#1f77b4',
  '#ff7f0e',
  '#279e68',
  '#d62728',
  '#aa40fc',
  '#8c564b',
  '#e377c2',
  '#b5bd61',
  '#17becf',
  '#aec7e8',
  '#ffbb78',
  '#98df8a',
  '#ff9896',
  '#c5b0d5',
  '#c49c94',
  '#f7b6d2',
  '#dbdb8d',
  '#9edae5',
  '#ad494a',
  '#8c6d31',
] as const;

/**
 * The 28 colors of scanpy's `default_28`, from Zeileis, Hornik & Murrell, "Escaping RGBland",
 * Computational Statistics & Data Analysis 53, 2009.
 */
export const SCANPY_28 = [
  ...['#023fa5', '#7d87b9', '#bec1d4', '#d6bcc0', '#bb7784', '#8e063b', '#4a6fe3', '#8595e1'],
  ...['#b5bbe3', '#e6afb9', '#e07b91', '#d33f6a', '#11c638', '#8dd593', '#c6dec7', '#ead3c6'],
  ...['#f0b98d', '#ef9708', '#0fcfc0', '#9cded6', '#d5eae7', '#f3e1eb', '#f6c4e1', '#f79cd4'],
  ...['#7f7f7f', '#c7c7c7', '#1ce6ff', '#336600'],
] as const;

/**
 * The 102 colors of scanpy's `default_102`, from "Color distribution methodology",
 * godsnotwheregodsnot.blogspot.com, 2012.
 */
export const SCANPY_102 = [
  ...['#ffff00', '#1ce6ff', '#ff34ff', '#ff4a46', '#008941', '#006fa6', '#a30059', '#ffdbe5'],
  ...['#7a4900', '#0000a6', '#63ffac', '#b79762', '#004d43', '#8fb0ff', '#997d87', '#5a0007'],
  ...['#809693', '#6a3a4c', '#1b4400', '#4fc601', '#3b5dff', '#4a3b53', '#ff2f80', '#61615a'],
  ...['#ba0900', '#6b7900', '#00c2a0', '#ffaa92', '#ff90c9', '#b903aa', '#d16100', '#ddefff'],
  ...['#000035', '#7b4f4b', '#a1c299', '#300018', '#0aa6d8', '#013349', '#00846f', '#372101'],
  ...['#ffb500', '#c2ffed', '#a079bf', '#cc0744', '#c0b9b2', '#c2ff99', '#001e09', '#00489c'],
  ...['#6f0062', '#0cbd66', '#eec3ff', '#456d75', '#b77b68', '#7a87a1', '#788d66', '#885578'],
  ...['#fad09f', '#ff8a9a', '#d157a0', '#bec459', '#456648', '#0086ed', '#886f4c', '#34362d'],
  ...['#b4a8bd', '#00a6aa', '#452c2c', '#636375', '#a3c8c9', '#ff913f', '#938a81', '#575329'],
  ...['#00fecf', '#b05b6f', '#8cd0ff', '#3b9700', '#04f757', '#c8a1a1', '#1e6e00', '#7900d7'],
  ...['#a77500', '#6367a9', '#a05837', '#6b002c', '#772600', '#d790ff', '#9b9700', '#549e79'],
  ...['#fff69f', '#201625', '#72418f', '#bc23ff', '#99adc0', '#3a2465', '#922329', '#5b4534'],
  ...['#fde8dc', '#404e55', '#0089a3', '#cb7e98', '#a4e804', '#324e72'],
] as const;

/** Missing values. */
export const MISSING_COLOR = '#bdbdbd';

/**
 * Colors for `n` categories: Okabe-Ito up to 8, then the lists that scanpy takes for up to 20, 28
 * and 102. Beyond that colors repeat.
 *
 * @throws ParamError if n is not an integer >= 0
 */
export function defaultColors(n: number): string[] {
  if (!Number.isInteger(n) || n < 0) {
    throw new ParamError('number of colors', { got: String(n), expected: 'an integer >= 0' });
  }
  const lists = [OKABE_ITO, SCANPY_20, SCANPY_28, SCANPY_102];
  const list: readonly string[] = lists.find((colors) => colors.length >= n) ?? SCANPY_102;
  return Array.from({ length: n }, (_, i) => list[i % list.length]!);
}
