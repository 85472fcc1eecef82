import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import {
  defaultReporter,
  JsonLinesReporter,
  silentReporter,
  TextReporter,
  type Reporter,
} from './reporter.js';

let now = 0;

beforeEach(() => {
  now = 1000;
  jest.spyOn(performance, 'now').mockImplementation(() => now);
});
afterEach(() => {
  jest.restoreAllMocks();
});

function recorder(): { lines: string[]; reporter: Reporter } {
  const lines: string[] = [];
  return { lines, reporter: new TextReporter((line) => lines.push(line)) };
}

/** Reports `done` of `total` after so many seconds. */
function report(reporter: Reporter, seconds: number, done: number, total?: number): void {
  now = 1000 + 1000 * seconds;
  reporter.progress({ task: 'Toy: epoch', done, ...(total === undefined ? {} : { total }) });
}

describe('TextReporter', () => {
  test('writes the first step, then at most one line a second, then the last step', () => {
    const { lines, reporter } = recorder();
    report(reporter, 0, 1, 10);
    report(reporter, 0.5, 2, 10);
    report(reporter, 0.999, 3, 10);
    report(reporter, 1.0, 4, 10);
    report(reporter, 1.2, 5, 10);
    report(reporter, 1.3, 10, 10);
    expect(lines.map((line) => line.trim().split(' ')[2])).toEqual(['1/10', '4/10', '10/10']);
  });

  test('estimates the time to go from the steps it has seen', () => {
    const { lines, reporter } = recorder();
    report(reporter, 0, 1, 11);
    report(reporter, 4, 3, 11);
    expect(lines).toEqual(['Toy: epoch 1/11\n', 'Toy: epoch 3/11 (16 s left)\n']);
  });

  test('a resumed task is judged by its own speed', () => {
    const { lines, reporter } = recorder();
    report(reporter, 0, 51, 101);
    report(reporter, 10, 61, 101);
    expect(lines[1]).toBe('Toy: epoch 61/101 (40 s left)\n');
  });

  test('the same step reported again is throttled, too', () => {
    const { lines, reporter } = recorder();
    for (let i = 0; i < 10; i++) report(reporter, i / 100, 0, 10);
    expect(lines).toEqual(['Toy: epoch 0/10\n']);
  });

  test('a task that starts again is timed afresh', () => {
    const { lines, reporter } = recorder();
    report(reporter, 0, 1, 10);
    report(reporter, 100, 5, 10);
    report(reporter, 500, 1, 10);
    report(reporter, 502, 3, 10);
    expect(lines.slice(2)).toEqual(['Toy: epoch 1/10\n', 'Toy: epoch 3/10 (7.0 s left)\n']);
  });

  test.each([
    [9.4, '9.4 s'],
    [9.97, '10 s'],
    [59.4, '59 s'],
    [59.7, '1 min 0 s'],
    [119.6, '2 min 0 s'],
    [754, '12 min 34 s'],
    [3599.8, '1 h 0 min'],
    [7500, '2 h 5 min'],
  ])('%p seconds are written %p', (seconds, text) => {
    const { lines, reporter } = recorder();
    report(reporter, 0, 1, 3);
    report(reporter, seconds, 2, 3);
    expect(lines[1]).toBe(`Toy: epoch 2/3 (${text} left)\n`);
  });

  test('the last line says how long it took, where that is known', () => {
    const { lines, reporter } = recorder();
    report(reporter, 0, 1, 2);
    report(reporter, 3, 2, 2);
    report(reporter, 5, 1, 1);
    expect(lines.slice(1)).toEqual(['Toy: epoch 2/2 (3.0 s)\n', 'Toy: epoch 1/1\n']);
  });

  test('without a total there is no estimate', () => {
    const { lines, reporter } = recorder();
    report(reporter, 0, 1);
    report(reporter, 2, 2);
    expect(lines).toEqual(['Toy: epoch 1\n', 'Toy: epoch 2\n']);
  });

  test('tasks are throttled one by one', () => {
    const { lines, reporter } = recorder();
    reporter.progress({ task: 'a', done: 1, total: 9 });
    reporter.progress({ task: 'b', done: 1, total: 9 });
    expect(lines).toHaveLength(2);
  });

  test.each([
    [0.693147, '0.69315'],
    [12345.678, '12346'],
    [1234567, '1.235e+6'],
    [0.00001234, '1.234e-5'],
    [-0.5, '-0.50000'],
    [0, '0'],
    [NaN, 'NaN'],
  ])('the value %p is written %p', (value, text) => {
    const { lines, reporter } = recorder();
    reporter.progress({ task: 't', done: 1, total: 9, values: { loss: value } });
    expect(lines).toEqual([`t 1/9 loss ${text}\n`]);
  });

  test('messages are never held back and warnings are marked', () => {
    const { lines, reporter } = recorder();
    reporter.message('info', 'hello');
    reporter.message('warning', 'careful');
    expect(lines).toEqual(['hello\n', 'warning: careful\n']);
  });
});

describe('JsonLinesReporter', () => {
  test('writes one object a line', () => {
    const lines: string[] = [];
    const reporter = new JsonLinesReporter((line) => lines.push(line));
    const update = { task: 'Toy: epoch', done: 1, total: 2, values: { loss: 0.5 } };
    reporter.progress(update);
    reporter.progress({ task: 'other', done: 3 });
    reporter.message('warning', 'two\nlines');
    expect(lines.every((line) => line.indexOf('\n') === line.length - 1)).toBe(true);
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      { type: 'progress', ...update },
      { type: 'progress', task: 'other', done: 3 },
      { type: 'message', level: 'warning', text: 'two\nlines' },
    ]);
  });
});

describe('defaultReporter', () => {
  test('writes text to stderr', () => {
    const write = jest.spyOn(process.stderr, 'write').mockImplementation(() => true);
    defaultReporter().message('info', 'hello');
    expect(write.mock.calls.map(([text]) => text)).toEqual(['hello\n']);
  });

  test('is silent where there is no stderr', () => {
    const host = globalThis as { process?: unknown };
    const { process } = host;
    host.process = undefined;
    try {
      expect(defaultReporter()).toBe(silentReporter);
    } finally {
      host.process = process;
    }
  });
});
