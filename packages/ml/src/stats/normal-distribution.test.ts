import { expect, test } from '@jest/globals';
import { inverseMills, logNormalCdf, logNormalDensity } from './normal-distribution.js';

// z, log Phi(z), phi(z) / Phi(z): scipy.special.log_ndtr in float64.
const POINTS = [
  [-400, -80006.91040933022, 400.00249997122677],
  [-40, -804.6084420137539, 40.024968847210886],
  [-8, -35.01343715991456, 8.12136811223618],
  [-3.1, -6.940688458421228, 3.376196990225064],
  [-3, -6.60772622151035, 3.28309865493044],
  [-2.9, -6.284058234947419, 3.1903151395429834],
  [-1, -1.841021645009264, 1.5251352761609822],
  [0, -0.6931471805599453, 0.7978845608028654],
  [0.5, -0.3689464152886563, 0.5091604338370335],
  [2.5, -0.006229025485860001, 0.017637825486916742],
  [3.5, -0.00023265614137680447, 0.0008728857536547368],
  [9, -1.1285884059538324e-19, 1.0279773571668901e-18],
] as const;

test.each(POINTS)('z = %d', (z, logCdf, mills) => {
  expect(Math.abs(logNormalCdf(z) / logCdf - 1)).toBeLessThan(1e-11);
  expect(Math.abs(inverseMills(z) / mills - 1)).toBeLessThan(1e-9);
});

test('the limits are finite or ordered', () => {
  expect(logNormalCdf(-Infinity)).toBe(-Infinity);
  expect(logNormalCdf(Infinity)).toBe(-0);
  expect(inverseMills(Infinity)).toBe(0);
});

test('density: at the mean 1 / (sigma sqrt(2 pi)), one sigma off e^-1/2 of it', () => {
  expect(Math.exp(logNormalDensity(2, 2, 0.5))).toBeCloseTo(2 / Math.sqrt(2 * Math.PI), 12);
  expect(logNormalDensity(2.5, 2, 0.5) - logNormalDensity(2, 2, 0.5)).toBeCloseTo(-0.5, 12);
});
