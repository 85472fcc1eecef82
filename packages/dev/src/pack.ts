import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { IoError } from '@dance-ts/core';
import { publicPackages, type WorkspacePackage } from './workspace.js';

/** What of a package goes into its archive, beside the license of the repository. */
const CONTENTS = ['package.json', 'README.md', 'dist'];

/** An archive that `npm install` takes. */
export interface PackedPackage {
  readonly name: string;
  /** Name of the archive in the folder it was written to. */
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

/**
 * Packs all published packages, as built, each with the license of the repository: one file for
 * all, of which no package keeps a copy.
 *
 * @param to - folder for the archives; made if it does not exist
 * @throws IoError if a package is not built or npm fails
 */
export function packPackages(root: string, to: string): PackedPackage[] {
  const staging = mkdtempSync(join(tmpdir(), 'dance-pack-'));
  try {
    const folders = publicPackages(root).map((one) => stage(root, one, staging));
    mkdirSync(to, { recursive: true });
    const flags = ['--json', '--ignore-scripts', '--pack-destination', resolve(to)];
    const { status, stdout, stderr } = spawnSync('npm', ['pack', ...flags, ...folders], {
      ...{ cwd: staging, encoding: 'utf8', maxBuffer: 2 ** 28 },
      env: userEnvironment(),
    });
    if (status !== 0) throw new IoError(`npm pack failed: ${stderr.trim()}`);
    return JSON.parse(stdout) as PackedPackage[];
  } finally {
    rmSync(staging, { recursive: true });
  }
}

/** Copies what is packed of a package, and gives the folder as npm wants it. */
function stage(root: string, { folder, manifest }: WorkspacePackage, staging: string): string {
  const name = manifest.name.replace('/', '-').replace('@', '');
  mkdirSync(join(staging, name));
  try {
    for (const part of CONTENTS) {
      cpSync(join(root, folder, part), join(staging, name, part), { recursive: true });
    }
  } catch (cause) {
    throw new IoError(`${folder} lacks one of ${CONTENTS.join(', ')}`, {
      remedy: 'Run npm run build and npm run readme first.',
      cause,
    });
  }
  cpSync(join(root, 'LICENSE'), join(staging, name, 'LICENSE'));
  return `./${name}`;
}

/**
 * The environment without what npm and jest set for what they run, and a user does not have: npm
 * would pack or install the package of the script.
 */
export function userEnvironment(): NodeJS.ProcessEnv {
  const ofScripts = /^(npm_(package|lifecycle)_|npm_config_(local_prefix|workspace)|NODE_OPTIONS$)/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !ofScripts.test(name)));
}
