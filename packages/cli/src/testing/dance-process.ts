import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const SCRIPT = fileURLToPath(new URL('../../dist/dance.js', import.meta.url));

/** How a command ended, and what it said. */
export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the built `dance` as a user does. */
export function dance(...words: string[]): Ended {
  return spawnSync(process.execPath, [SCRIPT, ...words], { encoding: 'utf8' });
}

/** Starts the built `dance`; `ended` resolves when it has ended. */
export function startDance(...words: string[]): { child: ChildProcess; ended: Promise<Ended> } {
  const child = spawn(process.execPath, [SCRIPT, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (text: Buffer) => (stdout += text.toString()));
  child.stderr.on('data', (text: Buffer) => (stderr += text.toString()));
  const ended = new Promise<Ended>((resolve) => {
    child.once('close', (status) => {
      resolve({ status, stdout, stderr });
    });
  });
  return { child, ended };
}
