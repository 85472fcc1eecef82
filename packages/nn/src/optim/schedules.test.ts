import { expect, test } from '@jest/globals';
import { ParamError } from '@dance-ts/core';
import { goldenCase } from '../testing/golden.js';
import { expectClose } from '../testing/numeric.js';
import {
  cosineAnnealing,
  exponentialDecay,
  linearWarmup,
  multiStepDecay,
  ReduceOnPlateau,
  stepDecay,
  type Schedule,
} from './schedules.js';

function factors(schedule: Schedule, epochs: number): number[] {
  return Array.from({ length: epochs }, (_, epoch) => schedule(epoch));
}

test('exponential decay follows PyTorch', () => {
  const expected = goldenCase('optimizers', 'exponential_lr_0.95').numbers('lr');
  const first = expected[0] ?? NaN;
  const decay = factors(exponentialDecay(0.95), expected.length);
  expectClose(
    decay.map((factor) => first * factor),
    expected,
    1e-12,
  );
});

test('steps, milestones, warm-up and cosine', () => {
  expectClose(factors(stepDecay(2, 0.5), 5), [1, 1, 0.5, 0.5, 0.25], 1e-12);
  expectClose(factors(multiStepDecay([1, 3], 0.1), 5), [1, 0.1, 0.1, 0.01, 0.01], 1e-12);
  expectClose(factors(linearWarmup(3), 5), [0.25, 0.5, 0.75, 1, 1], 1e-12);
  const cosine = [1, 0.1 + 0.45 * (1 + Math.SQRT1_2), 0.55, 0.1 + 0.45 * (1 - Math.SQRT1_2), 0.1];
  expectClose(factors(cosineAnnealing(4, 0.1), 5), cosine, 1e-12);
});

test('the plateau schedule waits, reduces, cools down and stops at the smallest', () => {
  const plateau = new ReduceOnPlateau({ factor: 0.5, patience: 1, cooldown: 1, smallest: 0.25 });
  const losses = [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1];
  // The best is epoch 0; epochs 1-2 are bad: reduce; epoch 3 cools; 4-5 bad: reduce; ...
  const expected = [1, 1, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25];
  expectClose(
    losses.map((loss) => plateau.observe(loss)),
    expected,
    1e-12,
  );
  expect(() => new ReduceOnPlateau({ factor: 1 })).toThrow(ParamError);
});
