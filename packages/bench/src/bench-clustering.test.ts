import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';

const SCRIPT = fileURLToPath(new URL('../dist/bench-clustering.js', import.meta.url));
const CELLS = ['--models', 'graphsc', '--datasets', 'sim-clustering', '--profile', '50'];
/** Epochs that take for ever, so that a run can be stopped in them. */
const ENDLESS = ['--epochs-scale', '10000'];

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'dance-bench-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const results = (): string[] => readdirSync(folder).sort();
const times = (): number[] => results().map((file) => statSync(join(folder, file)).mtimeMs);

interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly output: string;
}

/** Runs the benchmark; `onOutput` sees everything said so far. */
function bench(
  args: readonly string[],
  onOutput: (text: string, child: ChildProcess) => void = () => undefined,
): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [SCRIPT, ...args, '--folder', folder], { env: {} });
    let output = '';
    const take = (text: Buffer): void => {
      output += text.toString();
      onOutput(output, child);
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    child.once('close', (code, signal) => {
      resolve({ code, signal, output });
    });
  });
}

test('a run that is killed leaves finished cells only, and is continued', async () => {
  let isKilled = false;
  const killed = await bench([...CELLS, ...ENDLESS], (text, child) => {
    if (isKilled || !text.includes('graphsc, trained')) return;
    isKilled = true;
    // While the process of the cell starts or trains.
    setTimeout(() => child.kill('SIGKILL'), 500);
  });
  // Output closes only when the process of the cell is gone, too.
  expect(killed.signal).toBe('SIGKILL');
  expect(results()).toHaveLength(2);
  const before = times();

  const stopped = await bench([...CELLS, ...ENDLESS], (text, child) => {
    if (text.includes('graphsc, trained')) child.kill('SIGTERM');
  });
  expect(stopped.code).toBe(130);
  expect(stopped.output).toContain('3 cells, 2 of them finished before');
  expect(stopped.output).not.toContain('failed');
  expect(times()).toEqual(before);

  const noTime = await bench([...CELLS, ...ENDLESS, '--minutes', '0']);
  expect(noTime.code).toBe(0);
  expect(noTime.output).toContain('1 cells are left');
  expect(times()).toEqual(before);
}, 120_000);

test('a run to its end, the same again, and the report on it', async () => {
  const first = await bench([...CELLS, '--epochs-scale', '0.01']);
  expect(first.code).toBe(0);
  // The controls and the untrained model are those of the test before.
  expect(first.output).toContain('3 cells, 2 of them finished before');
  expect(results()).toHaveLength(3);
  const before = times();
  const again = await bench([...CELLS, '--epochs-scale', '0.01']);
  expect(again.output).toContain('3 cells, 3 of them finished before');
  expect(times()).toEqual(before);

  const report = join(folder, 'report.md');
  const rendered = await bench(['render', '--report', report]);
  expect(rendered.output).toContain('3 results');
  const text = readFileSync(report, 'utf8');
  expect(text).toContain('| **graphsc**');
  expect(text).toContain('| HVG + PCA + Leiden, K clusters');
}, 120_000);

test('unknown names are refused', async () => {
  const { code, output } = await bench(['--models', 'nonsense']);
  expect(code).toBe(1);
  expect(output).toMatch(/--models: there is no "nonsense".*graphsc/);
}, 60_000);
