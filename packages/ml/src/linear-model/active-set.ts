import { DataError } from '@dance-ts/core';

/** Gradients below this share of the largest at the start count as zero. */
const TOLERANCE = 1e-13;
/** A column whose part outside of the others is shorter than its square root depends on them. */
const SMALLEST_PIVOT = 1e-13;
/** Below this pivot the normal equations alone lose digits. */
const SHAKY_PIVOT = 1e-4;
/** Most exchanges for each unknown; one or two are usual. */
const MOST_STEPS = 30;

/**
 * Minimizes x^T G x / 2 - r^T x over x >= 0 by the active set method of Lawson & Hanson (Solving
 * Least Squares Problems, 1974, chapter 23), for one G and any number of r. Unknowns are scaled to
 * a unit diagonal; one whose column depends on those in use is left at 0.
 */
export class ActiveSet {
  /** 1 / sqrt(G_jj), 0 for a column of zeros, [k] */
  private readonly scale: Float64Array;
  private readonly gram: Float64Array;
  /** The unknowns above zero, in the order in which they came. */
  private passive: number[] = [];
  /** Cholesky's factor of their part of the scaled G, row-major with k columns. */
  private readonly factor: Float64Array;

  /**
   * @param gram - [k * k], symmetric, positive semidefinite
   * @param k - number of unknowns
   */
  constructor(
    gram: Float64Array,
    private readonly k: number,
  ) {
    this.factor = new Float64Array(k * k);
    this.scale = Float64Array.from({ length: k }, (_, j) => {
      const diagonal = gram[j * k + j]!;
      return diagonal > 0 ? 1 / Math.sqrt(diagonal) : 0;
    });
    this.gram = gram.map((value, e) => value * this.scale[Math.floor(e / k)]! * this.scale[e % k]!);
  }

  /**
   * The solution.
   *
   * @param right - r, [k]
   * @throws DataError if the exchanges do not end, which rounding alone cannot cause
   */
  solve(right: Float64Array): Float64Array {
    const { k, scale } = this;
    const target = right.map((value, j) => value * scale[j]!);
    const solution = new Float64Array(k);
    const gradient = target.slice();
    const blocked = new Uint8Array(k);
    const enough = TOLERANCE * target.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    this.passive = [];
    for (let step = 0; ; step++) {
      const entering = this.steepest(gradient, blocked, enough);
      if (entering === -1) break;
      if (step === MOST_STEPS * k) throw unsolved(k);
      if (this.enter(entering, target, solution)) {
        blocked.fill(0);
        this.updateGradient(gradient, target, solution);
      } else {
        blocked[entering] = 1;
      }
    }
    return solution.map((value, j) => value * scale[j]!);
  }

  /** Whether the last solution deserves {@link refine}: its columns nearly depend on each other. */
  get isShaky(): boolean {
    return this.passive.some((_, p) => this.factor[p * this.k + p]! ** 2 < SHAKY_PIVOT);
  }

  /**
   * One step of iterative refinement of the last solution, unless it would leave x >= 0.
   *
   * @param x - [k], improved in place
   * @param rest - [k], the negative gradient at x, computed from the data and not from G
   */
  refine(x: Float64Array, rest: Float64Array): void {
    const step = this.solvePassive(rest.map((value, j) => value * this.scale[j]!));
    const improved = step.map((value, p) => {
      const j = this.passive[p]!;
      return x[j]! + value * this.scale[j]!;
    });
    if (improved.some((value) => !(value > 0))) return;
    this.passive.forEach((j, p) => (x[j] = improved[p]!));
  }

  /** The unknown at zero with the largest gradient above `enough`, or -1. */
  private steepest(gradient: Float64Array, blocked: Uint8Array, enough: number): number {
    let best = -1;
    let most = enough;
    for (let j = 0; j < this.k; j++) {
      if (gradient[j]! > most && blocked[j] === 0 && !this.passive.includes(j)) {
        best = j;
        most = gradient[j]!;
      }
    }
    return best;
  }

  /** Lets an unknown in and those that reach zero out; false if rounding would send it below 0. */
  private enter(entering: number, target: Float64Array, solution: Float64Array): boolean {
    this.passive.push(entering);
    const isIndependent = this.factorizeFrom(this.passive.length - 1);
    let candidate = isIndependent ? this.solvePassive(target) : new Float64Array(0);
    if (!(candidate[this.passive.length - 1]! > 0)) {
      this.passive.pop();
      return false;
    }
    while (candidate.some((value) => value <= 0)) {
      this.moveTowards(candidate, solution);
      const first = this.passive.findIndex((j) => solution[j] === 0);
      this.passive = this.passive.filter((j) => solution[j] !== 0);
      this.factorizeFrom(first);
      candidate = this.solvePassive(target);
    }
    this.passive.forEach((j, p) => (solution[j] = candidate[p]!));
    return true;
  }

  /** Goes from the solution to the candidate until the first unknown reaches zero. */
  private moveTowards(candidate: Float64Array, solution: Float64Array): void {
    let share = 1;
    let leaving = -1;
    this.passive.forEach((j, p) => {
      if (candidate[p]! > 0) return;
      const reached = solution[j]! / (solution[j]! - candidate[p]!);
      if (leaving === -1 || reached < share) {
        share = reached;
        leaving = j;
      }
    });
    this.passive.forEach((j, p) => {
      const value = solution[j]! + share * (candidate[p]! - solution[j]!);
      solution[j] = j === leaving || !(value > 0) ? 0 : value;
    });
  }

  /** Rows of the factor from place `first` on; false if the last of them depends on the others. */
  private factorizeFrom(first: number): boolean {
    const { k, factor, gram, passive } = this;
    for (let p = first; p < passive.length; p++) {
      for (let q = 0; q <= p; q++) {
        let sum = gram[passive[p]! * k + passive[q]!]!;
        for (let m = 0; m < q; m++) sum -= factor[p * k + m]! * factor[q * k + m]!;
        if (q < p) factor[p * k + q] = sum / factor[q * k + q]!;
        else if (sum > SMALLEST_PIVOT) factor[p * k + p] = Math.sqrt(sum);
        else return false;
      }
    }
    return true;
  }

  /** The unconstrained solution over the passive unknowns, in their order. */
  private solvePassive(target: Float64Array): Float64Array {
    const { k, factor, passive } = this;
    const x = Float64Array.from(passive, (j) => target[j]!);
    for (let p = 0; p < x.length; p++) {
      for (let m = 0; m < p; m++) x[p]! -= factor[p * k + m]! * x[m]!;
      x[p]! /= factor[p * k + p]!;
    }
    for (let p = x.length - 1; p >= 0; p--) {
      for (let m = p + 1; m < x.length; m++) x[p]! -= factor[m * k + p]! * x[m]!;
      x[p]! /= factor[p * k + p]!;
    }
    return x;
  }

  private updateGradient(
    gradient: Float64Array,
    target: Float64Array,
    solution: Float64Array,
  ): void {
    const { k, gram, passive } = this;
    for (let i = 0; i < k; i++) {
      let sum = target[i]!;
      for (const j of passive) sum -= gram[i * k + j]! * solution[j]!;
      gradient[i] = sum;
    }
  }
}

function unsolved(k: number): DataError {
  return new DataError('non-negative least squares does not settle', {
    got: `more than ${MOST_STEPS * k} exchanges for ${k} unknowns`,
    remedy: 'Check that the Gram matrix is symmetric and positive semidefinite.',
  });
}
