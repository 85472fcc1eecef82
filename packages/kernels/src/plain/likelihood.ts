import { checkZinb } from '../checks/likelihood.js';
import type { ZinbArgs } from '../contract/likelihood.js';
import { sigmoid } from './elementwise.js';
import { digamma, lgamma } from './special-functions.js';

const EPSILON = 1e-10;
const ZERO_LIMIT = 1e-8;

/** Loss of one element and its derivatives by m, θ and π. */
interface Element {
  readonly loss: number;
  readonly byMean: number;
  readonly byDispersion: number;
  readonly byDropout: number;
}

/** A value and its derivative by what it was activated from. */
interface Activated {
  readonly value: number;
  readonly slope: number;
}

/** (Zero-inflated) negative binomial loss and gradients, element by element in float64. */
export function plainZinb(args: ZinbArgs): void {
  checkZinb(args);
  const { rows, columns, counts, dropout, sizeFactors, activate = false, ridge = 0 } = args;
  const { dropoutGradient } = args;
  for (let row = 0; row < rows; row++) {
    const factor = sizeFactors?.[row] ?? 1;
    let sum = 0;
    for (let at = row * columns; at < (row + 1) * columns; at++) {
      const mean = activate ? clampedExp(args.mean[at]!) : plain(args.mean[at]!);
      const dispersion = activate
        ? clampedSoftplus(args.dispersion[at]!)
        : plain(args.dispersion[at]!);
      const [x, m, t] = [counts[at]!, mean.value * factor + EPSILON, dispersion.value + EPSILON];
      let element: Element;
      if (dropout === undefined) {
        element = negativeBinomial(x, m, t);
      } else {
        const p = activate ? logistic(dropout[at]!) : plain(dropout[at]!);
        element = zeroInflated(x, m, t, p.value);
        sum += ridge * p.value * p.value;
        if (dropoutGradient)
          dropoutGradient[at] = (element.byDropout + 2 * ridge * p.value) * p.slope;
      }
      sum += element.loss;
      args.meanGradient[at] = element.byMean * mean.slope * factor;
      args.dispersionGradient[at] = element.byDispersion * dispersion.slope;
    }
    args.rowLoss[row] = sum;
  }
}

function negativeBinomial(x: number, m: number, t: number): Element {
  const logRatio = Math.log1p(m / t);
  const base = { byMean: (t * (m - x)) / (m * (t + m)), byDropout: 0 };
  if (x <= ZERO_LIMIT) {
    return {
      ...base,
      loss: t * logRatio,
      byMean: t / (t + m),
      byDispersion: logRatio - m / (t + m),
    };
  }
  const gammas = lgamma(t) + lgamma(x + 1) - lgamma(x + t);
  return {
    ...base,
    loss: gammas + t * logRatio + x * Math.log1p(t / m),
    byDispersion: digamma(t) - digamma(x + t) + logRatio + (x - m) / (t + m),
  };
}

function zeroInflated(x: number, m: number, t: number, p: number): Element {
  const nb = negativeBinomial(x, m, t);
  if (!(x <= ZERO_LIMIT)) {
    const kept = 1 - p + EPSILON;
    return { ...nb, loss: nb.loss - Math.log(kept), byDropout: 1 / kept };
  }
  const zero = Math.exp(-nb.loss);
  const total = p + (1 - p) * zero + EPSILON;
  const weight = ((1 - p) * zero) / total;
  return {
    loss: -Math.log(total),
    byMean: weight * nb.byMean,
    byDispersion: weight * nb.byDispersion,
    byDropout: (zero - 1) / total,
  };
}

function plain(value: number): Activated {
  return { value, slope: 1 };
}

function clampedExp(a: number): Activated {
  return clamped(Math.exp(a), Math.exp(a), 1e-5, 1e6);
}

function clampedSoftplus(a: number): Activated {
  const soft = Math.max(a, 0) + Math.log1p(Math.exp(-Math.abs(a)));
  return clamped(soft, sigmoid(a), 1e-4, 1e4);
}

function logistic(a: number): Activated {
  const value = sigmoid(a);
  return { value, slope: value * (1 - value) };
}

/** NaN stays NaN. */
function clamped(value: number, slope: number, low: number, high: number): Activated {
  if (value < low) return { value: low, slope: 0 };
  return value > high ? { value: high, slope: 0 } : { value, slope };
}
