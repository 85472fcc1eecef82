/** Adjusted Rand index by its definition over all pairs of rows (Hubert & Arabie, 1985). */
export function adjustedRand(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const pairs = (a.length * (a.length - 1)) / 2;
  let inA = 0;
  let inB = 0;
  let inBoth = 0;
  for (let i = 0; i < a.length; i++) {
    for (let j = 0; j < i; j++) {
      const sameA = a[i] === a[j];
      const sameB = b[i] === b[j];
      inA += Number(sameA);
      inB += Number(sameB);
      inBoth += Number(sameA && sameB);
    }
  }
  const chance = (inA * inB) / pairs;
  return (inBoth - chance) / ((inA + inB) / 2 - chance);
}
