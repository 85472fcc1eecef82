import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { CellSpec, NamedCell } from './cells.js';
import { resultFile, runCells, type RunCellsOptions } from './run-cells.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dance-cells-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const CELLS: NamedCell[] = ['a', 'b', 'c'].map((hash, seed) => ({
  hash,
  spec: { kind: 'trained', model: 'toy', dataset: 'd', seed } as CellSpec,
}));

function options(overrides: Partial<RunCellsOptions> = {}): RunCellsOptions & { lines: string[] } {
  const lines: string[] = [];
  return {
    ...{ cells: CELLS, folder, signal: new AbortController().signal, lines },
    run: (_, file) => {
      writeFileSync(file, '{}');
      return Promise.resolve(true);
    },
    tell: (line) => void lines.push(line),
    ...overrides,
  };
}

test('runs what has no result, once', async () => {
  const run = options();
  writeFileSync(resultFile(folder, CELLS[1]!), '{}');
  const tally = { finishedBefore: 1, finished: 2, failed: [], left: 0 };
  expect(await runCells(run)).toEqual(tally);
  expect(run.lines.filter((line) => line.includes('toy'))).toEqual([
    '1/2 toy, trained, on d, seed 0 (a)',
    '2/2 toy, trained, on d, seed 2 (c)',
  ]);
  const again = await runCells(options({ run: () => Promise.reject(new Error('ran again')) }));
  expect(again).toEqual({ finishedBefore: 3, finished: 0, failed: [], left: 0 });
});

test('a cell that fails or leaves no result is named, and the others run', async () => {
  const seen: string[] = [];
  const run = options({
    run: ({ hash }, file) => {
      seen.push(hash);
      if (hash === 'c') writeFileSync(file, '{}');
      return Promise.resolve(hash !== 'a');
    },
  });
  const tally = await runCells(run);
  expect(seen).toEqual(['a', 'b', 'c']);
  expect(tally.finished).toBe(1);
  expect(tally.failed).toEqual([
    'toy, trained, on d, seed 0 (a)',
    'toy, trained, on d, seed 1 (b)',
  ]);
});

test('no cell begins after the time is up', async () => {
  expect(await runCells(options({ minutes: 0 }))).toMatchObject({ finished: 0, left: 3 });
  const slow = options({
    minutes: 1e-4,
    run: async (_, file) => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      writeFileSync(file, '{}');
      return true;
    },
  });
  expect(await runCells(slow)).toMatchObject({ finished: 1, left: 2 });
  expect(slow.lines.at(-1)).toMatch(/2 cells are left/);
});

test('an interrupted cell has not failed, and no other begins', async () => {
  const abort = new AbortController();
  const run = options({
    signal: abort.signal,
    run: () => {
      abort.abort();
      return Promise.resolve(false);
    },
  });
  expect(await runCells(run)).toEqual({ finishedBefore: 0, finished: 0, failed: [], left: 2 });
});
