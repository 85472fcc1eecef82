import { describe, expect, test } from '@jest/globals';
import { textWidth } from '../render/text-width.js';
import { placeLabels } from './place-labels.js';
import { spread } from './spread.js';

describe('spread', () => {
  test('leaves places alone that are far enough apart', () => {
    expect(spread([10, 30, 60], 15, [0, 100])).toEqual([10, 30, 60]);
  });

  test('moves neighbors apart around their mean, and no others', () => {
    expect(spread([50, 52, 90], 10, [0, 100])).toEqual([46, 56, 90]);
    expect(spread([50, 50, 50], 10, [0, 100])).toEqual([40, 50, 60]);
  });

  test('stays within the ends where there is room', () => {
    expect(spread([0, 1, 2], 10, [0, 100])).toEqual([0, 10, 20]);
    expect(spread([98, 99, 100], 10, [0, 100])).toEqual([80, 90, 100]);
    expect(spread([5, 5], 10, [0, 4])).toEqual([0, 10]);
  });
});

describe('placeLabels', () => {
  test('moves labels until none covers another, inside the picture', () => {
    const names = ['alpha', 'beta', 'gamma', 'delta', 'epsilon', 'zeta'];
    const labels = names.map((text) => ({ text, x: 5, y: 95 }));
    placeLabels(labels, 10, 200, 100);
    labels.forEach((a, i) => {
      const half = textWidth(a.text, 10, 600) / 2;
      expect(a.x - half).toBeGreaterThanOrEqual(0);
      expect(a.y).toBeLessThanOrEqual(100);
      for (const b of labels.slice(i + 1)) {
        const reach = half + textWidth(b.text, 10, 600) / 2;
        const isApart = Math.abs(a.x - b.x) >= reach || Math.abs(a.y - b.y) >= 12;
        expect(isApart).toBe(true);
      }
    });
  });

  test('leaves labels alone that do not meet', () => {
    const labels = [
      { text: 'a', x: 50, y: 50 },
      { text: 'b', x: 50, y: 80 },
    ];
    placeLabels(labels, 10, 100, 100);
    expect(labels.map(({ x, y }) => [x, y])).toEqual([
      [50, 50],
      [50, 80],
    ]);
  });
});
