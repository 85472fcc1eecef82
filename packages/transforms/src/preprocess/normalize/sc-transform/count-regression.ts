/** ln of the expected count of a gene = intercept + slope log10(total of the cell). */
export interface CountLine {
  readonly intercept: number;
  readonly slope: number;
}

/** Counts of one gene that are not 0, and the cells they are in. */
export interface GeneCounts {
  readonly cells: Int32Array;
  readonly counts: Float32Array;
}

const MAX_STEPS = 50;
/** Relative change of the coefficients at which the fit has converged. */
const CONVERGED = 1e-10;
/** Smallest dispersion parameter: variance is then nearly mu^2 / SMALLEST_THETA. */
const SMALLEST_THETA = 1e-7;
/** Beyond this the variance is the mean, up to rounding. */
const LARGEST_THETA = 1e7;

/**
 * Poisson regression of the counts of a gene on the log10 totals of the cells, by Newton's method.
 *
 * @param gene - at least one count
 * @param logTotals - [nCells]
 */
export function poissonLine({ cells, counts }: GeneCounts, logTotals: Float64Array): CountLine {
  let sumY = 0;
  let sumXY = 0;
  for (let e = 0; e < cells.length; e++) {
    sumY += counts[e]!;
    sumXY += counts[e]! * logTotals[cells[e]!]!;
  }
  let { intercept, slope } = startLine(sumY, logTotals);
  for (let step = 0; step < MAX_STEPS; step++) {
    let [m0, m1, m2] = [0, 0, 0];
    for (const x of logTotals) {
      const mu = Math.exp(intercept + slope * x);
      m0 += mu;
      m1 += mu * x;
      m2 += mu * x * x;
    }
    const determinant = m0 * m2 - m1 * m1;
    const [g0, g1] = [sumY - m0, sumXY - m1];
    if (!(determinant > 1e-12 * m0 * m2)) {
      // All totals are alike: only the level can be told.
      return { intercept: intercept + Math.log(sumY / m0), slope };
    }
    // Steps beyond 5 in the exponent would overshoot where counts are few.
    const d0 = (m2 * g0 - m1 * g1) / determinant;
    const d1 = (m0 * g1 - m1 * g0) / determinant;
    const damping = Math.min(1, 5 / Math.max(1e-300, largestChange(d0, d1, logTotals)));
    intercept += damping * d0;
    slope += damping * d1;
    const size = Math.abs(intercept) + Math.abs(slope);
    if (Math.abs(d0) + Math.abs(d1) <= CONVERGED * size) break;
  }
  return { intercept, slope };
}

/**
 * Maximum likelihood of the dispersion parameter theta of negative binomial counts with variance
 * mu + mu^2 / theta, by at most 10 steps of Newton's method from n / sum((y / mu - 1)^2); as R's
 * MASS::theta.ml.
 *
 * @param gene - whole numbers
 * @param mu - expected counts of all cells, above 0
 */
export function thetaOf({ cells, counts }: GeneCounts, mu: Float64Array): number {
  const n = mu.length;
  const exceeding = cellsExceeding(counts);
  let squares = n;
  for (let e = 0; e < cells.length; e++) {
    const ratio = counts[e]! / mu[cells[e]!]!;
    squares += (ratio - 1) ** 2 - 1;
  }
  let theta = n / squares;
  for (let step = 0; step < 10; step++) {
    theta = Math.abs(theta);
    const { score, information } = thetaDerivatives(theta, { cells, counts }, mu, exceeding);
    const change = score / information;
    theta += change;
    if (!(Math.abs(change) >= 1e-4) || theta > LARGEST_THETA) break;
  }
  if (Number.isNaN(theta)) return LARGEST_THETA;
  return Math.min(LARGEST_THETA, Math.max(SMALLEST_THETA, theta));
}

function startLine(sumY: number, logTotals: Float64Array): CountLine {
  // Slope ln 10: expected counts proportional to the totals.
  const slope = Math.log(10);
  const expected = logTotals.reduce((sum, x) => sum + Math.exp(slope * x), 0);
  return { intercept: Math.log(sumY / expected), slope };
}

function largestChange(d0: number, d1: number, logTotals: Float64Array): number {
  let largest = 0;
  for (const x of logTotals) largest = Math.max(largest, Math.abs(d0 + d1 * x));
  return largest;
}

/** How many cells have more than j counts, for j from 0 on. */
function cellsExceeding(counts: Float32Array): Float64Array {
  const most = counts.reduce((largest, count) => Math.max(largest, count), 0);
  const exceeding = new Float64Array(most);
  for (const count of counts) exceeding[count - 1]! += 1;
  for (let j = most - 2; j >= 0; j--) exceeding[j]! += exceeding[j + 1]!;
  return exceeding;
}

/**
 * First derivative of the log likelihood in theta and minus the second. For whole counts,
 * digamma(theta + y) - digamma(theta) = sum over j < y of 1 / (theta + j).
 */
function thetaDerivatives(
  theta: number,
  { cells, counts }: GeneCounts,
  mu: Float64Array,
  exceeding: Float64Array,
): { score: number; information: number } {
  let score = 0;
  let information = 0;
  for (let j = 0; j < exceeding.length; j++) {
    const inverse = 1 / (theta + j);
    score += exceeding[j]! * inverse;
    information += exceeding[j]! * inverse * inverse;
  }
  for (const mean of mu) {
    const inverse = 1 / (theta + mean);
    score += Math.log(theta * inverse) + 1 - theta * inverse;
    information += 2 * inverse - 1 / theta - theta * inverse * inverse;
  }
  for (let e = 0; e < cells.length; e++) {
    const inverse = 1 / (theta + mu[cells[e]!]!);
    score -= counts[e]! * inverse;
    information -= counts[e]! * inverse * inverse;
  }
  return { score, information };
}
