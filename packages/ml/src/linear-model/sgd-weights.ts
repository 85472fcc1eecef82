import type { Matrix } from '@dance-ts/core';

const SMALLEST_SCALE = 1e-9;

/**
 * Weights of one linear function under stochastic steps: w = scale x v, so that shrinking all
 * weights is one multiplication and a step costs as much as the row has entries. The mean over all
 * steps is kept the same way: sum of w = sumOfScales x v - correction.
 */
export class SgdWeights {
  private scale = 1;
  private sumOfScales = 0;
  private steps = 0;
  private interceptSum = 0;
  private readonly v: Float64Array;
  private readonly correction: Float64Array | undefined;
  intercept = 0;

  constructor(nFeatures: number, average: boolean) {
    this.v = new Float64Array(nFeatures);
    this.correction = average ? new Float64Array(nFeatures) : undefined;
  }

  /** w.x_i + intercept. */
  score(X: Matrix, i: number): number {
    const { v } = this;
    let sum = 0;
    if (X.kind === 'dense') {
      const from = i * X.nCols;
      for (let j = 0; j < X.nCols; j++) sum += X.data[from + j]! * v[j]!;
    } else {
      const { indptr, indices, data } = X;
      for (let e = indptr[i]!; e < indptr[i + 1]!; e++) sum += data[e]! * v[indices[e]!]!;
    }
    return sum * this.scale + this.intercept;
  }

  /** w = shrink x w + step x x_i; the intercept moves by step. */
  update(X: Matrix, i: number, shrink: number, step: number): void {
    this.scale *= shrink;
    if (this.scale < SMALLEST_SCALE) this.rescale();
    if (step !== 0) this.add(X, i, step / this.scale);
    this.intercept += step;
    this.sumOfScales += this.scale;
    this.steps += 1;
    this.interceptSum += this.intercept;
  }

  /** Weights and intercept, their means over all steps with averaging. */
  result(): { coef: Float64Array; intercept: number } {
    const { v, scale, correction, sumOfScales, steps } = this;
    if (correction === undefined || steps === 0) {
      return { coef: v.map((value) => value * scale), intercept: this.intercept };
    }
    const coef = v.map((value, j) => (sumOfScales * value - correction[j]!) / steps);
    return { coef, intercept: this.interceptSum / steps };
  }

  /** v += factor x x_i; steps before this one have not seen it. */
  private add(X: Matrix, i: number, factor: number): void {
    const { v, correction, sumOfScales } = this;
    const put = (j: number, value: number): void => {
      v[j]! += factor * value;
      if (correction !== undefined) correction[j]! += sumOfScales * factor * value;
    };
    if (X.kind === 'dense') {
      const from = i * X.nCols;
      for (let j = 0; j < X.nCols; j++) put(j, X.data[from + j]!);
    } else {
      const { indptr, indices, data } = X;
      for (let e = indptr[i]!; e < indptr[i + 1]!; e++) put(indices[e]!, data[e]!);
    }
  }

  /** Moves the scale into v; where it is 0 the weights are. */
  private rescale(): void {
    const { v, scale, correction, sumOfScales } = this;
    if (correction !== undefined && scale === 0) {
      for (let j = 0; j < v.length; j++) correction[j]! -= sumOfScales * v[j]!;
    }
    for (let j = 0; j < v.length; j++) v[j]! *= scale;
    this.sumOfScales = scale === 0 ? 0 : sumOfScales / scale;
    this.scale = 1;
  }
}
