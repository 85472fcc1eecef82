import { checkNormalNoise } from '../checks/random.js';
import type { NormalNoiseArgs } from '../contract/random.js';
import { drawWords } from './random-words.js';

const { fround, sqrt } = Math;
const SQRT_HALF = fround(Math.SQRT1_2);
/** Coefficients of log, sine and cosine, highest power first (Cephes, Moshier). */
const LOG = [
  7.0376836292e-2, -1.151461031e-1, 1.167699874e-1, -1.2420140846e-1, 1.4249322787e-1,
  -1.6668057665e-1, 2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1,
].map(fround);
const SINE = [-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1].map(fround);
const COSINE = [2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2].map(fround);
const LOG_2_HIGH = fround(0.693359375);
const LOG_2_LOW = fround(-2.1219444e-4);
/** pi / 2^25: what a step of the 24 bits of an angle is. */
const ANGLE_STEP = fround(Math.PI / 2 ** 25);

/**
 * Normal noise by the steps of `assembly/noise.ts`, each rounded to float32, so that the values are
 * the same bytes.
 */
export function plainNormalNoise(args: NormalNoiseArgs): void {
  checkNormalNoise(args);
  const { state, out } = args;
  const deviation = fround(args.deviation);
  const even = out.length - (out.length % 2);
  const bits = new Int32Array(out.buffer, out.byteOffset, even);
  drawWords(state, bits);
  for (let i = 0; i < even; i += 2) {
    const [first, second] = [bits[i]!, bits[i + 1]!];
    const radius = radiusOf(first, deviation);
    out[i] = alongFirst(radius, second);
    out[i + 1] = alongSecond(radius, second);
  }
  if (even === out.length) return;
  const last = new Int32Array(2);
  drawWords(state, last);
  out[even] = alongFirst(radiusOf(last[0]!, deviation), last[1]!);
}

function radiusOf(draw: number, deviation: number): number {
  const u = ((draw >>> 8) + 1) * 2 ** -24;
  return fround(deviation * fround(sqrt(-2 * log(u))));
}

function alongFirst(radius: number, draw: number): number {
  const x = angleOf(draw);
  return signed(radius, draw) * (swaps(draw) ? sine(x) : cosine(x));
}

function alongSecond(radius: number, draw: number): number {
  const x = angleOf(draw);
  return signed(radius, draw) * (swaps(draw) ? cosine(x) : sine(x));
}

function angleOf(draw: number): number {
  return fround(((draw << 2) >> 8) * ANGLE_STEP);
}

function swaps(draw: number): boolean {
  return (draw & 0x40000000) !== 0;
}

function signed(radius: number, draw: number): number {
  return draw < 0 ? -radius : radius;
}

/** Natural logarithm of a float32 from 2^-24 to 1. */
function log(argument: number): number {
  let exponent = 0;
  let x = argument;
  while (x < 0.5) {
    x *= 2;
    exponent -= 1;
  }
  if (x < SQRT_HALF) {
    exponent -= 1;
    x = fround(fround(x - 1) + x);
  } else x = fround(x - 1);
  const square = fround(x * x);
  let y = fround(fround(polynomial(LOG, x) * x) * square);
  y = fround(y + fround(exponent * LOG_2_LOW));
  y = fround(y - fround(square * 0.5));
  return fround(fround(x + y) + fround(exponent * LOG_2_HIGH));
}

/** Sine of x in -pi/4 .. pi/4. */
function sine(x: number): number {
  const square = fround(x * x);
  return fround(fround(fround(polynomial(SINE, square) * square) * x) + x);
}

/** Cosine of x in -pi/4 .. pi/4. */
function cosine(x: number): number {
  const square = fround(x * x);
  const y = fround(fround(polynomial(COSINE, square) * square) * square);
  return fround(fround(y - fround(square * 0.5)) + 1);
}

function polynomial(coefficients: readonly number[], x: number): number {
  let y = coefficients[0]!;
  for (let i = 1; i < coefficients.length; i++) y = fround(fround(y * x) + coefficients[i]!);
  return y;
}
