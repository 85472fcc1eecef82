import type { Pacer } from '@dance-ts/core';
import type { KernelRows } from './kernel-rows.js';

/** The dual problem of a two-class support vector machine. */
export interface SmoProblem {
  readonly kernelRows: KernelRows;
  /** [m] rows of the kernel matrix that take part */
  readonly rows: Int32Array;
  /** [m] +1 or -1 */
  readonly y: Int8Array;
  /** [m] upper bound of each multiplier */
  readonly upper: Float64Array;
  /** Stop when the largest violation of the optimality conditions is below this. */
  readonly tol: number;
  /** Most steps. */
  readonly maxIter: number;
}

/** Solution of a {@link SmoProblem}. */
export interface SmoSolution {
  /** [m] multipliers */
  readonly alpha: Float64Array;
  /** The decision value of x is sum alpha_i y_i K(x_i, x) - rho. */
  readonly rho: number;
  /** 1/2 alpha^T Q alpha - sum alpha */
  readonly objective: number;
  readonly nIter: number;
  readonly converged: boolean;
}

const TAU = 1e-12;
const STEPS_BETWEEN_TICKS = 64;

/**
 * Minimizes 1/2 alpha^T Q alpha - sum alpha subject to y^T alpha = 0 and 0 <= alpha <= upper, Q_ij
 * = y_i y_j K_ij, by sequential minimal optimization with second-order working set selection (Fan,
 * Chen & Lin, JMLR 6:1889, 2005, WSS 2), without shrinking.
 *
 * @throws AbortError
 */
export async function smo(problem: SmoProblem, pacer: Pacer): Promise<SmoSolution> {
  const solver = new SmoSolver(problem);
  let nIter = 0;
  while (nIter < problem.maxIter) {
    if (nIter % STEPS_BETWEEN_TICKS === 0) await pacer.tick();
    if (!solver.step()) return solver.solution(nIter, true);
    nIter += 1;
  }
  return solver.solution(nIter, false);
}

class SmoSolver {
  private readonly alpha: Float64Array;
  /** Gradient Q alpha - 1. */
  private readonly gradient: Float64Array;

  constructor(private readonly problem: SmoProblem) {
    this.alpha = new Float64Array(problem.rows.length);
    this.gradient = new Float64Array(problem.rows.length).fill(-1);
  }

  /** One step; false at the solution. */
  step(): boolean {
    const i = this.selectFirst();
    if (i < 0) return false;
    const { kernelRows, rows } = this.problem;
    const rowI = kernelRows.row(rows[i]!);
    const j = this.selectSecond(i, rowI);
    if (j < 0) return false;
    this.update(i, j, rowI, kernelRows.row(rows[j]!));
    return true;
  }

  solution(nIter: number, converged: boolean): SmoSolution {
    const { alpha, gradient } = this;
    let objective = 0;
    for (let t = 0; t < alpha.length; t++) objective += 0.5 * alpha[t]! * (gradient[t]! - 1);
    return { alpha, rho: this.rho(), objective, nIter, converged };
  }

  /** Whether y alpha can grow. */
  private canRise(t: number): boolean {
    const { y, upper } = this.problem;
    return y[t]! > 0 ? this.alpha[t]! < upper[t]! : this.alpha[t]! > 0;
  }

  /** Whether y alpha can shrink. */
  private canFall(t: number): boolean {
    const { y, upper } = this.problem;
    return y[t]! > 0 ? this.alpha[t]! > 0 : this.alpha[t]! < upper[t]!;
  }

  /** The largest -y gradient among those that can rise, -1 if none can. */
  private selectFirst(): number {
    const { y } = this.problem;
    let best = -1;
    let most = -Infinity;
    for (let t = 0; t < y.length; t++) {
      const value = -y[t]! * this.gradient[t]!;
      if (value > most && this.canRise(t)) {
        most = value;
        best = t;
      }
    }
    return best;
  }

  /** The partner with the largest decrease of the objective, -1 when the violation is below tol. */
  private selectSecond(i: number, rowI: Float32Array): number {
    const { y, rows, tol, kernelRows } = this.problem;
    const { diagonal } = kernelRows;
    const most = -y[i]! * this.gradient[i]!;
    const own = diagonal[rows[i]!]!;
    let least = Infinity;
    let best = -1;
    let bestGain = -Infinity;
    for (let t = 0; t < y.length; t++) {
      const value = -y[t]! * this.gradient[t]!;
      if (!this.canFall(t)) continue;
      least = Math.min(least, value);
      const violation = most - value;
      if (violation <= 0) continue;
      const curvature = own + diagonal[rows[t]!]! - 2 * rowI[rows[t]!]!;
      const gain = (violation * violation) / Math.max(curvature, TAU);
      if (gain > bestGain) {
        bestGain = gain;
        best = t;
      }
    }
    return most - least < tol ? -1 : best;
  }

  /** Moves y alpha up at i and down at j by the same amount, as far as the bounds allow. */
  private update(i: number, j: number, rowI: Float32Array, rowJ: Float32Array): void {
    const { y, rows, upper, kernelRows } = this.problem;
    const { alpha, gradient } = this;
    const { diagonal } = kernelRows;
    const curvature = diagonal[rows[i]!]! + diagonal[rows[j]!]! - 2 * rowI[rows[j]!]!;
    const violation = y[j]! * gradient[j]! - y[i]! * gradient[i]!;
    const roomI = y[i]! > 0 ? upper[i]! - alpha[i]! : alpha[i]!;
    const roomJ = y[j]! > 0 ? alpha[j]! : upper[j]! - alpha[j]!;
    const step = Math.min(violation / Math.max(curvature, TAU), roomI, roomJ);
    // Bounds are met exactly, or rounding would leave a row that is neither free nor bound.
    alpha[i] = step === roomI ? (y[i]! > 0 ? upper[i]! : 0) : alpha[i]! + y[i]! * step;
    alpha[j] = step === roomJ ? (y[j]! > 0 ? 0 : upper[j]!) : alpha[j]! - y[j]! * step;
    for (let t = 0; t < rows.length; t++) {
      gradient[t]! += y[t]! * step * (rowI[rows[t]!]! - rowJ[rows[t]!]!);
    }
  }

  /** Mean of y gradient over the free rows, or the middle of the range that the bounds leave. */
  private rho(): number {
    const { y, upper } = this.problem;
    let sum = 0;
    let free = 0;
    let low = -Infinity;
    let high = Infinity;
    for (let t = 0; t < y.length; t++) {
      const value = y[t]! * this.gradient[t]!;
      if (this.alpha[t]! > 0 && this.alpha[t]! < upper[t]!) {
        sum += value;
        free += 1;
      } else if (this.canRise(t)) high = Math.min(high, value);
      else low = Math.max(low, value);
    }
    return free > 0 ? sum / free : (low + high) / 2;
  }
}
