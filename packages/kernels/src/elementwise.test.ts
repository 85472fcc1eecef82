import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { ParamError } from '@dance-ts/core';
import { UNARY_FUNCTIONS, type UnaryFunction } from './contract/elementwise.js';
import { plainKernels } from './plain/plain-kernels.js';
import { loadVariant, uniform, VARIANTS } from './testing/variants.js';

interface Golden {
  readonly cases: readonly (Record<string, number[]> & { readonly name: string })[];
}

const golden = JSON.parse(
  readFileSync(new URL('../../../tests/golden/special_functions.json', import.meta.url), 'utf8'),
) as unknown as Golden;

function goldenCase(name: string): Record<string, number[]> {
  const found = golden.cases.find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(`no golden case ${name}`);
  return found;
}

/** Largest |actual - expected| / max(floor, |expected|); equal infinities and NaN count as 0. */
function worst(actual: ArrayLike<number>, expected: ArrayLike<number>, floor: number): number {
  let largest = 0;
  for (let i = 0; i < expected.length; i++) {
    if (Object.is(actual[i], expected[i])) continue;
    const error = Math.abs(actual[i]! - expected[i]!) / Math.max(floor, Math.abs(expected[i]!));
    largest = Number.isNaN(error) ? Infinity : Math.max(largest, error);
  }
  return largest;
}

/** Wide and narrow ranges around 0, an odd count, and the special values. */
function inputs(f: UnaryFunction): Float32Array {
  const scales = [1e-30, 1e-6, 0.3, 3, 30, 120];
  const positive = ['log', 'lgamma', 'digamma'].includes(f);
  const values = scales.flatMap((scale, seed) =>
    [...uniform(101, seed)].map((u) => scale * (positive ? Math.abs(u) : u)),
  );
  return Float32Array.from([...values, 1, 2, 0.5, 1e-40, 1e8, 3e38, 0, Infinity, NaN]);
}

describe.each(VARIANTS)('elementwise functions, %s', (variant) => {
  test.each(UNARY_FUNCTIONS)('%s agrees with float64 arithmetic', async (f) => {
    const kernels = await loadVariant(variant);
    const x = inputs(f);
    const [out, expected] = [new Float32Array(x.length), new Float32Array(x.length)];
    kernels.unary({ f, x, out });
    plainKernels.unary({ f, x, out: expected });
    const isGamma = f === 'lgamma' || f === 'digamma';
    // GELU's left tail is a difference of numbers near 1.
    const floor = isGamma ? 1 : f === 'gelu' ? 0.5 : 1e-37;
    expect(worst(out, expected, floor)).toBeLessThan(isGamma ? 2e-6 : 3e-7);
  });

  test('arguments outside the domain give NaN, the ends of it infinity', async () => {
    const kernels = await loadVariant(variant);
    const at = (f: UnaryFunction, ...x: number[]): number[] => {
      const out = new Float32Array(x.length);
      kernels.unary({ f, x: Float32Array.from(x), out });
      return [...out];
    };
    expect(at('log', 0, -1, -Infinity, Infinity)).toEqual([-Infinity, NaN, NaN, Infinity]);
    expect(at('log1p', -1, -2, Infinity)).toEqual([-Infinity, NaN, Infinity]);
    expect(at('lgamma', 0, -1, Infinity)).toEqual([Infinity, NaN, Infinity]);
    expect(at('digamma', 0, -1, Infinity)).toEqual([-Infinity, NaN, Infinity]);
    expect(at('exp', -Infinity, 88.8, -200)).toEqual([0, Infinity, 0]);
    expect(at('expm1', -Infinity, -0, 1e-30)).toEqual([-1, -0, Math.fround(1e-30)]);
    expect(at('softplus', -Infinity, Infinity)).toEqual([0, Infinity]);
    expect(at('tanh', -Infinity, Infinity)).toEqual([-1, 1]);
    expect(at('erf', -Infinity, Infinity)).toEqual([-1, 1]);
  });

  test('the gamma family and stable activations agree with the stored values', async () => {
    const kernels = await loadVariant(variant);
    const gammas = goldenCase('gamma_family');
    const stable = goldenCase('stable_elementwise');
    const pairs: [UnaryFunction, Record<string, number[]>, string, number][] = [
      ['lgamma', gammas, 'lgamma', 1],
      ['digamma', gammas, 'digamma', 1],
      ['sigmoid', stable, 'sigmoid', 1e-37],
      ['softplus', stable, 'softplus', 1e-37],
      ['tanh', stable, 'tanh', 1e-37],
      ['elu', stable, 'elu_alpha1', 1e-37],
      ['gelu', stable, 'gelu_exact', 0.5],
    ];
    for (const [f, stored, key, floor] of pairs) {
      const x = Float32Array.from(stored['x']!);
      const out = new Float32Array(x.length);
      kernels.unary({ f, x, out });
      const expected = Float32Array.from(stored[key]!);
      expect({ f, error: worst(out, expected, floor) < 3e-6 }).toEqual({ f, error: true });
    }
  });

  test.each([-2, -1, -0.5, 0, 0.5, 1, 1.7, 2, 3])('powers with exponent %d', async (exponent) => {
    const kernels = await loadVariant(variant);
    const x = Float32Array.from([...uniform(37, 1), 4, 100, 1e-3, 0, -3, Infinity, NaN]);
    const out = new Float32Array(x.length);
    kernels.power({ x, exponent, out });
    const expected = Float32Array.from(x, (value) => value ** exponent);
    expect(worst(out, expected, 1e-37)).toBeLessThan(2e-6);
  });

  test('works in place, on empty arrays, and refuses short ones', async () => {
    const kernels = await loadVariant(variant);
    const x = Float32Array.of(0, 1, 2, 3, 4);
    kernels.power({ x, exponent: 2, out: x });
    expect([...x]).toEqual([0, 1, 4, 9, 16]);
    const empty = new Float32Array(0);
    kernels.unary({ f: 'exp', x: empty, out: empty });
    expect(() => {
      kernels.unary({ f: 'exp', x, out: empty });
    }).toThrow(ParamError);
  });
});

test('softplus, sigmoid and exp are the same bytes in both binaries', async () => {
  const x = Float32Array.from(uniform(1000, 3), (u) => 20 * u);
  for (const f of ['exp', 'softplus', 'sigmoid', 'lgamma'] as const) {
    const results = ['wasm-baseline', 'wasm-relaxed'].map(async (variant) => {
      const out = new Float32Array(x.length);
      (await loadVariant(variant as 'wasm-baseline')).unary({ f, x, out });
      return [...out];
    });
    const [baseline, relaxed] = await Promise.all(results);
    expect(relaxed).toEqual(baseline);
  }
});
