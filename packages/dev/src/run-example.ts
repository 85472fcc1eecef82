/**
 * `node packages/dev/dist/run-example.js <example> [flags]`: runs a built example with the flags
 * given, on this terminal, and ends as it ends.
 */
import { spawn } from 'node:child_process';
import { exampleFile } from './examples.js';
import { repositoryRoot } from './repository.js';
import { runCommand } from './run-command.js';

const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

runCommand(async () => {
  const [name, ...flags] = process.argv.slice(2);
  const file = exampleFile(repositoryRoot(), name);
  const { code, signal } = await runNode([file, ...flags]);
  if (signal === null) process.exitCode = code ?? 1;
  else process.kill(process.pid, signal);
});

function runNode(
  args: readonly string[],
): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { stdio: 'inherit' });
    const forward = (signal: NodeJS.Signals): void => {
      // A terminal sends Ctrl-C to the whole group: the child has it already.
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
    };
    for (const signal of FORWARDED) process.on(signal, forward);
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      for (const one of FORWARDED) process.off(one, forward);
      resolve({ code, signal });
    });
  });
}
