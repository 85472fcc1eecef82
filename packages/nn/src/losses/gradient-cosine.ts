import { DataError } from '@dance-ts/core';

/**
 * Cosine of the angle between two gradients that consist of several tensors, in float64: -1 where
 * two losses pull in opposite directions. Measures feature randomness and feature drift (Mrabah et
 * al., AAAI 2023). 0 if either gradient is 0.
 *
 * @param a - values of each tensor
 * @param b - values of the same tensors in the same order
 * @throws DataError if the tensors differ in number or size
 */
export function gradientCosine(a: readonly Float32Array[], b: readonly Float32Array[]): number {
  checkSizes(a, b);
  let [dot, squaresOfA, squaresOfB] = [0, 0, 0];
  for (const [k, x] of a.entries()) {
    const y = b[k]!;
    for (let i = 0; i < x.length; i++) {
      dot += x[i]! * y[i]!;
      squaresOfA += x[i]! * x[i]!;
      squaresOfB += y[i]! * y[i]!;
    }
  }
  if (squaresOfA === 0 || squaresOfB === 0) return 0;
  return dot / (Math.sqrt(squaresOfA) * Math.sqrt(squaresOfB));
}

function checkSizes(a: readonly Float32Array[], b: readonly Float32Array[]): void {
  const sizes = [a, b].map((tensors) => tensors.map(({ length }) => length).join(', '));
  if (sizes[0] === sizes[1]) return;
  throw new DataError('gradientCosine: sizes of the tensors', {
    got: `[${sizes.join('] and [')}]`,
    expected: 'the same tensors in the same order',
  });
}
