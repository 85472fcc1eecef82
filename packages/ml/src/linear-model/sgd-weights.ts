import type { Matrix } from '@dance-ts/core';

const SMALLEST_SCALE = 1e-9;

/**
 * Weights of one linear function under stochastic steps: w = scale x v, so that shrinking all
 * weights is one multiplication and a step costs as much as the row has entries. The mean over all
 * steps is kept the same way: sum of w = sumOfScales x v - correction.
 *
 * With a `shift` b, rows are x_i + b without being made dense: w = scale x (v + beta b), where beta
 * is the last element of v, and the product of v and b is kept up to date.
 */
export class SgdWeights {
  private scale = 1;
  private sumOfScales = 0;
  private steps = 0;
  private interceptSum = 0;
  private readonly v: Float64Array;
  private readonly correction: Float64Array | undefined;
  private readonly shiftSquare: number;
  private shiftProduct = 0;
  intercept = 0;

  /** @param shift - [nFeatures] added to every row */
  constructor(
    private readonly nFeatures: number,
    average: boolean,
    private readonly shift?: Float64Array,
  ) {
    this.v = new Float64Array(nFeatures + 1);
    this.correction = average ? new Float64Array(nFeatures + 1) : undefined;
    this.shiftSquare = shift?.reduce((sum, value) => sum + value * value, 0) ?? 0;
  }

  /** w.x_i + intercept. */
  score(X: Matrix, i: number): number {
    const { v } = this;
    let sum = this.shiftProduct + v[this.nFeatures]! * this.shiftSquare;
    if (X.kind === 'dense') {
      const from = i * X.nCols;
      for (let j = 0; j < X.nCols; j++) sum += X.data[from + j]! * v[j]!;
    } else {
      const { indptr, indices, data } = X;
      for (let e = indptr[i]!; e < indptr[i + 1]!; e++) sum += data[e]! * v[indices[e]!]!;
    }
    if (this.shift !== undefined) sum += v[this.nFeatures]! * this.timesShift(X, i);
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
      return { coef: this.unshifted(v.map((value) => value * scale)), intercept: this.intercept };
    }
    const coef = v.map((value, j) => (sumOfScales * value - correction[j]!) / steps);
    return { coef: this.unshifted(coef), intercept: this.interceptSum / steps };
  }

  /** [nFeatures] from weights with beta as their last element. */
  private unshifted(weights: Float64Array): Float64Array {
    const { shift, nFeatures } = this;
    const beta = weights[nFeatures]!;
    const coef = weights.subarray(0, nFeatures);
    return shift === undefined ? coef : coef.map((value, j) => value + beta * shift[j]!);
  }

  /** x_i.b */
  private timesShift(X: Matrix, i: number): number {
    const shift = this.shift ?? new Float64Array(0);
    let sum = 0;
    if (X.kind === 'dense') {
      const from = i * X.nCols;
      for (let j = 0; j < X.nCols; j++) sum += X.data[from + j]! * shift[j]!;
    } else {
      const { indptr, indices, data } = X;
      for (let e = indptr[i]!; e < indptr[i + 1]!; e++) sum += data[e]! * shift[indices[e]!]!;
    }
    return sum;
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
    if (this.shift === undefined) return;
    put(this.nFeatures, 1);
    this.shiftProduct += factor * this.timesShift(X, i);
  }

  /** Moves the scale into v; where it is 0 the weights are. */
  private rescale(): void {
    const { v, scale, correction, sumOfScales } = this;
    if (correction !== undefined && scale === 0) {
      for (let j = 0; j < v.length; j++) correction[j]! -= sumOfScales * v[j]!;
    }
    for (let j = 0; j < v.length; j++) v[j]! *= scale;
    // Summed anew, so that rounding errors do not add up.
    this.shiftProduct = this.shift?.reduce((sum, value, j) => sum + value * v[j]!, 0) ?? 0;
    this.sumOfScales = scale === 0 ? 0 : sumOfScales / scale;
    this.scale = 1;
  }
}
