/** Parameters of P(y = +1 | f) = 1 / (1 + exp(A f + B)). */
export interface PlattSigmoid {
  readonly A: number;
  readonly B: number;
}

const MAX_ITER = 100;
const MIN_STEP = 1e-10;
const RIDGE = 1e-12;

/**
 * Fits a logistic function to decision values by maximum likelihood with smoothed targets (Platt,
 * 1999), by Newton's method with backtracking (Lin, Lin & Weng, Machine Learning 68:267, 2007).
 *
 * @param decision - [n] decision values
 * @param positive - [n] 1 for rows of the positive class, else 0
 */
export function fitPlatt(decision: Float64Array, positive: Uint8Array): PlattSigmoid {
  const nPositive = positive.reduce((sum, value) => sum + value, 0);
  const nNegative = positive.length - nPositive;
  const target = Float64Array.from(positive, (value) =>
    value ? (nPositive + 1) / (nPositive + 2) : 1 / (nNegative + 2),
  );
  let A = 0;
  let B = Math.log((nNegative + 1) / (nPositive + 1));
  let value = negativeLogLikelihood(decision, target, A, B);
  for (let iteration = 0; iteration < MAX_ITER; iteration++) {
    const { gA, gB, hAA, hAB, hBB } = derivatives(decision, target, A, B);
    if (Math.abs(gA) < 1e-5 && Math.abs(gB) < 1e-5) break;
    const determinant = hAA * hBB - hAB * hAB;
    const dA = -(hBB * gA - hAB * gB) / determinant;
    const dB = -(hAA * gB - hAB * gA) / determinant;
    const slope = gA * dA + gB * dB;
    let step = 1;
    let next = negativeLogLikelihood(decision, target, A + dA, B + dB);
    while (step >= MIN_STEP && !(next < value + 1e-4 * step * slope)) {
      step /= 2;
      next = negativeLogLikelihood(decision, target, A + step * dA, B + step * dB);
    }
    if (step < MIN_STEP) break;
    A += step * dA;
    B += step * dB;
    value = next;
  }
  return { A, B };
}

/** P(y = +1 | f), without overflow. */
export function plattProbability({ A, B }: PlattSigmoid, decision: number): number {
  return 1 / (1 + Math.exp(A * decision + B));
}

/**
 * Class probabilities from those of all pairs: minimizes the sum over pairs of (r_ji p_i - r_ij
 * p_j)^2 (Wu, Lin & Weng, JMLR 5:975, 2004, their second method).
 *
 * @param pairwise - [k * k], entry (i, j) = P(class i | class i or j)
 * @returns [k], sums to 1
 */
export function couplePairs(pairwise: Float64Array, k: number): Float64Array {
  const Q = new Float64Array(k * k);
  for (let t = 0; t < k; t++) {
    for (let j = 0; j < k; j++) {
      if (j === t) continue;
      Q[t * k + t]! += pairwise[j * k + t]! ** 2;
      Q[t * k + j] = -pairwise[j * k + t]! * pairwise[t * k + j]!;
    }
  }
  const p = new Float64Array(k).fill(1 / k);
  const Qp = new Float64Array(k);
  const maxIter = Math.max(100, k);
  for (let iteration = 0; iteration < maxIter; iteration++) {
    Qp.fill(0);
    for (let t = 0; t < k; t++) for (let j = 0; j < k; j++) Qp[t]! += Q[t * k + j]! * p[j]!;
    let pQp = p.reduce((sum, share, t) => sum + share * Qp[t]!, 0);
    if (Qp.every((value) => Math.abs(value - pQp) < 0.005 / k)) break;
    for (let t = 0; t < k; t++) {
      const diff = (pQp - Qp[t]!) / Q[t * k + t]!;
      p[t]! += diff;
      const scale = 1 / (1 + diff);
      pQp = (pQp + diff * (diff * Q[t * k + t]! + 2 * Qp[t]!)) * scale * scale;
      for (let j = 0; j < k; j++) {
        Qp[j] = (Qp[j]! + diff * Q[t * k + j]!) * scale;
        p[j]! *= scale;
      }
    }
  }
  return p;
}

function negativeLogLikelihood(
  decision: Float64Array,
  target: Float64Array,
  A: number,
  B: number,
): number {
  let sum = 0;
  for (let i = 0; i < decision.length; i++) {
    const score = decision[i]! * A + B;
    // log(1 + exp(score)) - (1 - t) score, with the exponential of a value <= 0.
    sum += Math.max(0, score) + Math.log1p(Math.exp(-Math.abs(score)));
    sum -= (1 - target[i]!) * score;
  }
  return sum;
}

function derivatives(decision: Float64Array, target: Float64Array, A: number, B: number) {
  let [gA, gB, hAA, hAB, hBB] = [0, 0, RIDGE, 0, RIDGE];
  for (let i = 0; i < decision.length; i++) {
    const f = decision[i]!;
    const p = 1 / (1 + Math.exp(A * f + B));
    const curvature = p * (1 - p);
    const slope = target[i]! - p;
    gA += f * slope;
    gB += slope;
    hAA += f * f * curvature;
    hAB += f * curvature;
    hBB += curvature;
  }
  return { gA, gB, hAA, hAB, hBB };
}
