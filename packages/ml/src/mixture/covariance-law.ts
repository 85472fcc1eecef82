import { DataError } from '@dance-ts/core';
import { solveCholesky } from '../linear-model/cholesky.js';
import type { Float64Matrix } from '../stats/float64-matrix.js';

/**
 * What the covariances of the components have in common: `full` nothing, `tied` one matrix for all,
 * `diag` no correlations, `spherical` one variance a component.
 */
export type CovarianceType = 'full' | 'tied' | 'diag' | 'spherical';

/** Rows and how far each belongs to each component. */
export interface WeightedRows {
  readonly X: Float64Matrix;
  readonly k: number;
  /** [n * k] */
  readonly responsibilities: Float64Array;
  /** Sums of the responsibilities, above 0, [k] */
  readonly counts: Float64Array;
  /** [k * d] */
  readonly means: Float64Array;
}

/** Writes the log density of a row under each component to `out`, [k]. */
export type LogDensities = (row: Float64Array, out: Float64Array) => void;

/** The arithmetic of one {@link CovarianceType}; covariances are flat, row-major. */
export interface CovarianceLaw {
  /** Shape of the covariances. */
  shape(k: number, d: number): readonly number[];
  /** Free parameters of the covariances. */
  nParameters(k: number, d: number): number;
  /** Most likely covariances, with `regCovar` added to each variance. */
  estimate(rows: WeightedRows, regCovar: number): Float64Array;
  /** The densities; throws DataError if a covariance is not positive definite. */
  densities(means: Float64Array, covariances: Float64Array, k: number): LogDensities;
  /** Precisions from covariances or the reverse; throws DataError if one is singular. */
  invert(matrices: Float64Array, k: number): Float64Array;
}

const LOG_TWO_PI = Math.log(2 * Math.PI);

const full: CovarianceLaw = {
  shape: (k, d) => [k, d, d],
  nParameters: (k, d) => (k * d * (d + 1)) / 2,
  estimate: (rows, regCovar) => {
    const { k, counts, X } = rows;
    const size = X.nCols ** 2;
    const covariances = new Float64Array(k * size);
    for (let c = 0; c < k; c++) {
      const own = covariances.subarray(c * size, (c + 1) * size);
      addScatter(rows, c, own);
      for (let e = 0; e < size; e++) own[e]! /= counts[c]!;
      addToDiagonal(own, X.nCols, regCovar);
    }
    return covariances;
  },
  densities: (means, covariances, k) => {
    const d = means.length / k;
    const factors = blocks(covariances, k).map((matrix, c) => factorize(matrix, d, `of ${c}`));
    const constants = factors.map((factor) => -0.5 * d * LOG_TWO_PI - logDiagonal(factor, d));
    const rest = new Float64Array(d);
    return (row, out) => {
      for (let c = 0; c < k; c++) {
        for (let f = 0; f < d; f++) rest[f] = row[f]! - means[c * d + f]!;
        solveLower(factors[c]!, rest);
        out[c] = constants[c]! - 0.5 * squaredNorm(rest);
      }
    };
  },
  invert: (matrices, k) => {
    const inverse = new Float64Array(matrices.length);
    const size = matrices.length / k;
    blocks(matrices, k).forEach((matrix, c) => {
      inverse.set(invertMatrix(matrix), c * size);
    });
    return inverse;
  },
};

const tied: CovarianceLaw = {
  shape: (_, d) => [d, d],
  nParameters: (_, d) => (d * (d + 1)) / 2,
  estimate: (rows, regCovar) => {
    const { nRows, nCols } = rows.X;
    const covariance = new Float64Array(nCols ** 2);
    for (let c = 0; c < rows.k; c++) addScatter(rows, c, covariance);
    for (let e = 0; e < covariance.length; e++) covariance[e]! /= nRows;
    addToDiagonal(covariance, nCols, regCovar);
    return covariance;
  },
  densities: (means, covariance, k) => {
    const d = means.length / k;
    const factor = factorize(covariance, d, 'of all');
    const constant = -0.5 * d * LOG_TWO_PI - logDiagonal(factor, d);
    const whiteMeans = means.slice();
    for (let c = 0; c < k; c++) solveLower(factor, whiteMeans.subarray(c * d, (c + 1) * d));
    const white = new Float64Array(d);
    return (row, out) => {
      white.set(row);
      solveLower(factor, white);
      for (let c = 0; c < k; c++) {
        let sum = 0;
        for (let f = 0; f < d; f++) sum += (white[f]! - whiteMeans[c * d + f]!) ** 2;
        out[c] = constant - 0.5 * sum;
      }
    };
  },
  invert: (matrix) => invertMatrix(matrix),
};

const diag: CovarianceLaw = {
  shape: (k, d) => [k, d],
  nParameters: (k, d) => k * d,
  estimate: ({ X, k, responsibilities, counts, means }, regCovar) => {
    const d = X.nCols;
    const variances = new Float64Array(k * d);
    for (let i = 0; i < X.nRows; i++) {
      for (let c = 0; c < k; c++) {
        const share = responsibilities[i * k + c]!;
        if (share === 0) continue;
        for (let f = 0; f < d; f++) {
          variances[c * d + f]! += share * (X.values[i * d + f]! - means[c * d + f]!) ** 2;
        }
      }
    }
    return variances.map((sum, e) => sum / counts[Math.floor(e / d)]! + regCovar);
  },
  densities: (means, variances, k) => {
    const d = means.length / k;
    variances.forEach((variance, e) => {
      if (!(variance > 0)) throw singular(`of ${Math.floor(e / d)}`, variance);
    });
    const constants = Array.from({ length: k }, (_, c) => {
      const own = variances.subarray(c * d, (c + 1) * d);
      return -0.5 * own.reduce((sum, variance) => sum + Math.log(variance), d * LOG_TWO_PI);
    });
    return (row, out) => {
      for (let c = 0; c < k; c++) {
        let sum = 0;
        for (let f = 0; f < d; f++) {
          sum += (row[f]! - means[c * d + f]!) ** 2 / variances[c * d + f]!;
        }
        out[c] = constants[c]! - 0.5 * sum;
      }
    };
  },
  invert: (variances) => variances.map(invertNumber),
};

const spherical: CovarianceLaw = {
  shape: (k) => [k],
  nParameters: (k) => k,
  estimate: (rows, regCovar) => {
    const variances = diag.estimate(rows, regCovar);
    const d = rows.X.nCols;
    return Float64Array.from({ length: rows.k }, (_, c) => {
      const own = variances.subarray(c * d, (c + 1) * d);
      return own.reduce((sum, variance) => sum + variance, 0) / d;
    });
  },
  densities: (means, variances, k) => {
    const d = means.length / k;
    const each = Float64Array.from({ length: k * d }, (_, e) => variances[Math.floor(e / d)]!);
    return diag.densities(means, each, k);
  },
  invert: (variances) => variances.map(invertNumber),
};

/** The arithmetic of each covariance type. */
export const COVARIANCE_LAWS: Readonly<Record<CovarianceType, CovarianceLaw>> = {
  full,
  tied,
  diag,
  spherical,
};

function blocks(values: Float64Array, k: number): Float64Array[] {
  const size = values.length / k;
  return Array.from({ length: k }, (_, c) => values.subarray(c * size, (c + 1) * size));
}

/** Adds the sum of share x (row - mean) (row - mean)^T of component `c`. */
function addScatter(rows: WeightedRows, c: number, out: Float64Array): void {
  const { X, k, responsibilities, means } = rows;
  const d = X.nCols;
  const rest = new Float64Array(d);
  for (let i = 0; i < X.nRows; i++) {
    const share = responsibilities[i * k + c]!;
    if (share === 0) continue;
    for (let f = 0; f < d; f++) rest[f] = X.values[i * d + f]! - means[c * d + f]!;
    for (let f = 0; f < d; f++) {
      const factor = share * rest[f]!;
      for (let g = 0; g <= f; g++) out[f * d + g]! += factor * rest[g]!;
    }
  }
  for (let f = 0; f < d; f++) for (let g = 0; g < f; g++) out[g * d + f] = out[f * d + g]!;
}

function addToDiagonal(matrix: Float64Array, d: number, value: number): void {
  for (let f = 0; f < d; f++) matrix[f * d + f]! += value;
}

/** Cholesky's lower factor, row-major [d * d]. */
function factorize(matrix: Float64Array, d: number, owner: string): Float64Array {
  const L = new Float64Array(d * d);
  for (let i = 0; i < d; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i * d + j]!;
      for (let m = 0; m < j; m++) sum -= L[i * d + m]! * L[j * d + m]!;
      if (j < i) L[i * d + j] = sum / L[j * d + j]!;
      else if (sum > 0) L[i * d + i] = Math.sqrt(sum);
      else throw singular(owner, sum);
    }
  }
  return L;
}

/** x := L^-1 x */
function solveLower(L: Float64Array, x: Float64Array): void {
  const d = x.length;
  for (let i = 0; i < d; i++) {
    let sum = x[i]!;
    for (let m = 0; m < i; m++) sum -= L[i * d + m]! * x[m]!;
    x[i] = sum / L[i * d + i]!;
  }
}

/** Half of the log determinant. */
function logDiagonal(L: Float64Array, d: number): number {
  let sum = 0;
  for (let f = 0; f < d; f++) sum += Math.log(L[f * d + f]!);
  return sum;
}

function squaredNorm(x: Float64Array): number {
  let sum = 0;
  for (const value of x) sum += value * value;
  return sum;
}

function invertMatrix(matrix: Float64Array): Float64Array {
  const d = Math.sqrt(matrix.length);
  const identity = new Float64Array(d * d);
  addToDiagonal(identity, d, 1);
  solveCholesky(matrix.slice(), identity, d, d);
  return identity;
}

function invertNumber(value: number): number {
  if (!(value > 0)) throw singular('given', value);
  return 1 / value;
}

function singular(owner: string, pivot: number): DataError {
  return new DataError(`GaussianMixture: the covariance ${owner} is not positive definite`, {
    got: `pivot ${pivot}`,
    remedy: 'Take fewer components or raise regCovar.',
  });
}
