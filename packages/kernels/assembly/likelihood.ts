import { countBranch } from './likelihood-counts';
import { prepare } from './likelihood-inputs';
import { CHUNK, CHUNK_BYTES, GROUP, PADDED } from './likelihood-workspace';
import { inflatedZeros, plainZeros } from './likelihood-zeros';
import { FLOAT, element } from './simd';

export { likelihoodWorkspaceBytes } from './likelihood-workspace';

// Negative log-likelihood of counts under the zero-inflated negative binomial (Eraslan et al.,
// 2019) with mean m, dispersion t and dropout probability p, and its gradients. Counts are mostly
// zero and the zero branch is cheap, so it is evaluated for all; the others are listed and then
// evaluated together.

/**
 * `rowLoss[rows]`: sum over the columns of the negative log-likelihood, with the gradients of each
 * row's sum. Without `dropout` (0) the plain negative binomial.
 *
 * @param sizeFactors - address of a factor on the mean of each row, or 0
 * @param activate - mean, dispersion and dropout are given before exp, softplus and sigmoid, with
 * clamping, and so are the gradients
 * @param ridge - weight of the penalty p^2
 */
export function zinb(
  rows: i32,
  columns: i32,
  counts: usize,
  mean: usize,
  dispersion: usize,
  dropout: usize,
  sizeFactors: usize,
  activate: bool,
  ridge: f32,
  rowLoss: usize,
  meanGradient: usize,
  dispersionGradient: usize,
  dropoutGradient: usize,
  workspace: usize,
): void {
  const inflated = dropout != 0;
  const padded = workspace + PADDED;
  for (let row = 0; row < rows; row++) {
    const factor = sizeFactors == 0 ? <f32>1 : load<f32>(element(sizeFactors, row));
    let sum: f64 = 0;
    for (let column = 0; column < columns; column += CHUNK) {
      const count = min(CHUNK, columns - column);
      const filled = (count + GROUP - 1) & ~(GROUP - 1);
      const offset = (<usize>row * <usize>columns + <usize>column) * FLOAT;
      let x = counts + offset;
      let m = mean + offset;
      let t = dispersion + offset;
      let p = inflated ? dropout + offset : 0;
      let dm = meanGradient + offset;
      let dt = dispersionGradient + offset;
      let dp = inflated ? dropoutGradient + offset : 0;
      if (filled != count) {
        // NaN where there is no column: neither a zero nor, past the count, a listed one.
        x = copyPadded(count, filled, x, padded, 0xff);
        m = copyPadded(count, filled, m, padded + CHUNK_BYTES, 0);
        t = copyPadded(count, filled, t, padded + 2 * CHUNK_BYTES, 0);
        if (inflated) p = copyPadded(count, filled, p, padded + 3 * CHUNK_BYTES, 0);
        // The gradients take the place of the values, which will be in the workspace.
        dm = m;
        dt = t;
        dp = p;
      }
      prepare(filled, m, t, p, factor, activate, workspace);
      sum += inflated
        ? inflatedZeros(filled, x, ridge, dm, dt, dp, workspace)
        : plainZeros(filled, x, dm, dt, workspace);
      sum += countBranch(count, x, ridge, dm, dt, dp, workspace);
      if (filled != count) {
        const bytes = <usize>count * FLOAT;
        memory.copy(meanGradient + offset, dm, bytes);
        memory.copy(dispersionGradient + offset, dt, bytes);
        if (inflated) memory.copy(dropoutGradient + offset, dp, bytes);
      }
    }
    store<f32>(element(rowLoss, row), <f32>sum);
  }
}

/** Copies `count` numbers, sets the bytes of the rest up to `filled`, and returns the copy. */
function copyPadded(count: i32, filled: i32, source: usize, target: usize, rest: u8): usize {
  memory.copy(target, source, <usize>count * FLOAT);
  memory.fill(element(target, count), rest, <usize>(filled - count) * FLOAT);
  return target;
}
