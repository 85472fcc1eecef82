import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe } from '@jest/globals';

const PYTHON = '/usr/bin/python3';

/** Runs a Python program and returns what it prints; anndata, h5py, np, pd and sp are imported. */
export function python(program: string, ...args: readonly string[]): string {
  const imports = [
    'import warnings; warnings.simplefilter("ignore")',
    'import json, sys, os',
    'import anndata, h5py, numpy as np, pandas as pd, scipy.sparse as sp',
  ];
  const result = spawnSync(PYTHON, ['-c', [...imports, program].join('\n'), ...args], {
    encoding: 'utf8',
  });
  if (result.status !== 0) throw new Error(`python failed: ${result.stderr.slice(-4000)}`);
  return result.stdout;
}

/**
 * A group of tests that needs Python's anndata, and is skipped with a notice where it is not.
 *
 * @param library - another library it needs, such as `zarr`
 */
export function describeWithPython(name: string, tests: () => void, library = 'h5py'): void {
  const isThere = spawnSync(PYTHON, ['-c', `import anndata, h5py, ${library}`]).status === 0;
  const missing = library === 'h5py' ? 'python3-anndata' : `python3-anndata or python3-${library}`;
  if (!isThere) console.info(`skipped, for lack of ${missing}: ${name}`);
  (isThere ? describe : describe.skip)(name, tests);
}

/** A temporary folder and the function that removes it. */
export function temporaryFolder(): { file: (name: string) => string; remove: () => void } {
  const folder = mkdtempSync(path.join(tmpdir(), 'dance-io-'));
  return {
    file: (name) => path.join(folder, name),
    remove: () => {
      rmSync(folder, { recursive: true });
    },
  };
}
