import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { transformSync } from '@swc/core';
import { repositoryRoot } from '../repository.js';

/** How a script ended. */
export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs TypeScript sources (by file name without ending; the first one is the script) as a user's
 * would run: in a process of their own, against the built packages of this repository.
 */
export function runScript(sources: Readonly<Record<string, string>>, timeout: number): Outcome {
  const cache = join(repositoryRoot(), 'node_modules', '.cache');
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'script-'));
  try {
    for (const [name, source] of Object.entries(sources)) {
      const { code } = transformSync(source, {
        jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
      });
      writeFileSync(join(folder, `${name}.mjs`), code);
    }
    const [script = ''] = Object.keys(sources);
    return spawnSync(process.execPath, [join(folder, `${script}.mjs`)], {
      encoding: 'utf8',
      timeout,
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}
