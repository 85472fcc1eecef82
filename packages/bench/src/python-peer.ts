import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { IoError } from '@dance-ts/core';

/** A program in Python that does what a model does. */
export interface PythonPeer {
  /** Name of the model, for messages. */
  readonly model: string;
  /** Path of the program. */
  readonly script: string;
  /** Name of the file it writes; NumPy looks at its ending. */
  readonly output: string;
}

/**
 * Runs a peer: it is given the paths of its input (.npz) and of the output it
 * is to write, and options as JSON.
 *
 * @returns bytes of its output
 * @throws IoError if it fails
 */
export async function runPeer(
  python: string,
  { model, script, output }: PythonPeer,
  input: Uint8Array,
  options: Readonly<Record<string, unknown>>,
): Promise<Uint8Array> {
  const folder = await mkdtemp(join(tmpdir(), 'dance-peer-'));
  try {
    const [source, target] = [join(folder, 'input.npz'), join(folder, output)];
    await writeFile(source, input);
    const child = spawn(python, [script, source, target, JSON.stringify(options)], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const status = await new Promise<number | null>((resolve, reject) => {
      child.once('error', (cause) => {
        const remedy = 'Set DANCE_BENCH_PYTHON to a Python interpreter.';
        reject(new IoError(`${python} cannot be run`, { got: cause.message, remedy, cause }));
      });
      child.once('exit', resolve);
    });
    if (status !== 0) {
      throw new IoError(`the peer of ${model} ended with status ${status ?? 'none'}`, {
        remedy: 'Its own message is above; check the packages of the Python given.',
      });
    }
    return await readFile(target);
  } finally {
    await rm(folder, { recursive: true });
  }
}
