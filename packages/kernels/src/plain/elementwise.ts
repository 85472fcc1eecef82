import { checkElementwise } from '../checks/elementwise.js';
import type { PowerArgs, UnaryArgs, UnaryFunction } from '../contract/elementwise.js';
import { digamma, erf, lgamma } from './special-functions.js';

const FUNCTIONS: Readonly<Record<UnaryFunction, (x: number) => number>> = {
  exp: Math.exp,
  expm1: Math.expm1,
  log: Math.log,
  log1p: Math.log1p,
  softplus: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
  sigmoid,
  tanh: Math.tanh,
  elu: (x) => (x > 0 ? x : Math.expm1(x)),
  gelu: (x) => (x / 2) * (1 + erf(x / Math.SQRT2)),
  erf,
  lgamma,
  digamma,
};

/** 1 / (1 + e^-x) without overflow. */
export function sigmoid(x: number): number {
  const e = Math.exp(-Math.abs(x));
  return (x < 0 ? e : 1) / (1 + e);
}

/** A function of each element, in float64. */
export function plainUnary(args: UnaryArgs): void {
  checkElementwise(args);
  const { x, out } = args;
  const f = FUNCTIONS[args.f];
  for (let i = 0; i < x.length; i++) out[i] = f(x[i]!);
}

/** A power of each element, in float64. */
export function plainPower(args: PowerArgs): void {
  checkElementwise(args);
  const { x, exponent, out } = args;
  for (let i = 0; i < x.length; i++) out[i] = x[i]! ** exponent;
}
