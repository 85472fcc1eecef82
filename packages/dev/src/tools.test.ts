import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { repositoryRoot } from './repository.js';

const root = repositoryRoot();
const tool = (name: string): string => join(root, 'packages', 'dev', 'dist', `${name}.js`);
const run = (name: string, ...args: string[]): { status: number | null; stderr: string } =>
  spawnSync(process.execPath, [tool(name), ...args], { encoding: 'utf8' });

let folder: string;
let group: string;

beforeAll(() => {
  const built = join(root, 'examples', 'dist');
  mkdirSync(built, { recursive: true });
  folder = mkdtempSync(join(built, 'test-'));
  group = basename(folder);
  writeFileSync(join(folder, 'flags.js'), 'process.exit(Number(process.argv[2]));');
  writeFileSync(
    join(folder, 'waits.js'),
    "process.on('SIGTERM', () => process.exit(130)); setInterval(() => {}, 1e6); console.log('on');",
  );
  writeFileSync(join(folder, 'dies.js'), "process.kill(process.pid, 'SIGKILL');");
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

function started(name: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, [tool('run-example'), `${group}/${name}`]);
  return new Promise((resolve) => {
    child.stdout.once('data', () => {
      resolve(child);
    });
  });
}

function ended(child: ChildProcess): Promise<{ code: number | null; signal: string | null }> {
  return new Promise((resolve) => {
    child.once('exit', (code, signal) => {
      resolve({ code, signal });
    });
  });
}

describe('run-example', () => {
  test('passes flags on and ends with the exit code of the example', () => {
    expect(run('run-example', `${group}/flags`, '7').status).toBe(7);
    expect(run('run-example', `${group}/flags`, '0').status).toBe(0);
  });

  test('hands a signal on and waits for what the example makes of it', async () => {
    const child = await started('waits');
    child.kill('SIGTERM');
    expect(await ended(child)).toEqual({ code: 130, signal: null });
  });

  test('dies of the signal the example died of', () => {
    expect(run('run-example', `${group}/dies`)).toMatchObject({ status: null, signal: 'SIGKILL' });
  });

  test('names the examples there are, on one line', () => {
    const { status, stderr } = run('run-example', 'none/such');
    expect(status).toBe(1);
    expect(stderr).toMatch(/^there is no example "none\/such": expected one of .+\n$/);
  });
});

describe('new-model', () => {
  const flags = ['--task', 'clustering', '--paper', 'Title', '--year', '2024'];

  test('does not overwrite a model', () => {
    const { status, stderr } = run('new-model', ...flags, '--name', 'GraphSC');
    expect(status).toBe(1);
    expect(stderr).toMatch(/clustering\/src\/graphsc\.ts, .*exists already/);
  });

  test('writes nothing for an invalid name and says how it is used', () => {
    expect(run('new-model', ...flags, '--name', '../Evil').stderr).toMatch(/^--name: got .+\n$/);
    expect(existsSync(join(root, 'examples', 'single-modality', 'evil.ts'))).toBe(false);
    expect(run('new-model', ...flags).stderr).toMatch(/Usage: npm run new-model/);
    expect(run('new-model', '--nonsense').stderr).toMatch(/nonsense.*Usage/);
  });
});
