import { test } from '@jest/globals';
import { expectClose } from '../testing/matchers.js';
import { fittedPolynomial } from './polynomial-fit.js';

const x = Float64Array.of(0.5, 1.5, 2, 3.5, 7, 10);

test('values of a polynomial of that degree are returned as they are', () => {
  const parabola = x.map((value) => 2 - 3 * value + 0.5 * value * value);
  expectClose(fittedPolynomial(x, parabola, 2), Array.from(parabola), 1e-12);
  const cubic = x.map((value) => value ** 3 - value);
  expectClose(fittedPolynomial(x, cubic, 3), Array.from(cubic), 1e-11);
});

test('others are fitted by least squares', () => {
  // numpy.polyval(numpy.polyfit(x, y, d), x), NumPy 1.24.2
  const y = Float64Array.of(1, 4, 2, 8, 5, 7);
  const line = [
    2.740307692307692, 3.2313846153846155, 3.476923076923077, 4.213538461538462, 5.932307692307694,
    7.405538461538464,
  ];
  const parabola = [
    1.5910591231001827, 3.062075674385294, 3.711337232434152, 5.314135036205934, 7.041573167820478,
    6.279819766053945,
  ];
  expectClose(fittedPolynomial(x, y, 1), line, 1e-10);
  expectClose(fittedPolynomial(x, y, 2), parabola, 1e-10);
});

test('too few distinct points lower the degree', () => {
  const twice = Float64Array.of(1, 1, 3, 3);
  expectClose(fittedPolynomial(twice, Float64Array.of(0, 2, 5, 7), 2), [1, 1, 6, 6], 1e-12);
  const same = Float64Array.of(4, 4, 4);
  expectClose(fittedPolynomial(same, Float64Array.of(1, 2, 6), 2), [3, 3, 3], 1e-12);
});
