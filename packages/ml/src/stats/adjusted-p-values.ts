/**
 * p-values adjusted to control the false discovery rate: the smallest rate at which each hypothesis is
 * rejected, min over j \>= i of p_(j) n / j of the sorted values.
 *
 * Source: Benjamini & Hochberg, J. R. Stat. Soc. B 57, 1995.
 *
 * @param pValues - [n], in any order, without NaN
 * @returns [n], in the same order, at most 1
 */
export function benjaminiHochberg(pValues: ArrayLike<number>): Float64Array {
  const n = pValues.length;
  const order = Int32Array.from({ length: n }, (_, i) => i).sort(
    (a, b) => pValues[a]! - pValues[b]!,
  );
  const adjusted = new Float64Array(n);
  let least = 1;
  for (let k = n; k > 0; k--) {
    const i = order[k - 1]!;
    least = Math.min(least, (pValues[i]! * n) / k);
    adjusted[i] = least;
  }
  return adjusted;
}

/** p-values times their number, at most 1: controls the chance of any false discovery. */
export function bonferroni(pValues: ArrayLike<number>): Float64Array {
  return Float64Array.from(pValues, (p) => Math.min(1, p * pValues.length));
}
