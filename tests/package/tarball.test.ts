import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { packPackages, userEnvironment, type PackedPackage } from '../../packages/dev/src/pack.js';
import { publicPackages } from '../../packages/dev/src/workspace.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const TIME_LIMIT_MS = 300_000;
const OFFLINE_CODES = /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENOTCACHED)\b/;

function run(command: string, args: readonly string[], cwd: string): string {
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
    timeout: TIME_LIMIT_MS,
    env: userEnvironment(),
  });
  if (status === 0) return stdout;
  const why = OFFLINE_CODES.test(stderr)
    ? 'the package registry cannot be reached, and its cache lacks a dependency'
    : 'it failed';
  throw new Error(`${command} ${args.join(' ')}: ${why}\n${stderr || stdout}`);
}

const packages = publicPackages(ROOT);
const outside = mkdtempSync(join(tmpdir(), 'dance-packed-'));
const reports = new Map<string, PackedPackage>();

beforeAll(() => {
  for (const packed of packPackages(ROOT, outside)) reports.set(packed.name, packed);
}, TIME_LIMIT_MS);

afterAll(() => {
  rmSync(outside, { recursive: true, force: true });
});

describe.each(packages.map(({ manifest }) => [manifest.name, manifest] as const))(
  '%s as packed',
  (name, manifest) => {
    test('holds the built code, a README, the license and nothing else', () => {
      const paths = reports.get(name)?.files.map(({ path }) => path) ?? [];
      for (const path of ['dist/index.js', 'dist/index.d.ts', 'README.md', 'LICENSE']) {
        expect(paths).toContain(path);
      }
      const expected = /^(package\.json|README\.md|LICENSE|dist\/.+\.(js|d\.ts|map|json|wasm))$/;
      const testCode = /(\.test\.|\/testing\/|tsbuildinfo)/;
      expect(paths.filter((path) => !expected.test(path) || testCode.test(path))).toEqual([]);
    });

    test('runs nothing on installation', () => {
      const scripts = Object.keys(manifest.scripts ?? {});
      expect(scripts.filter((script) => /^(pre|post)?install$/.test(script))).toEqual([]);
    });
  },
);

describe('the packed packages, installed outside the repository', () => {
  const construct =
    'console.log(new GraphSC({ nClusters: 3 }).spec.name, listModels().length > 0);';

  beforeAll(() => {
    writeFileSync(join(outside, 'package.json'), JSON.stringify({ name: 'user', private: true }));
    const tarballs = [...reports.values()].map(({ filename }) => `./${filename}`);
    const flags = ['--prefer-offline', '--no-audit', '--no-fund', '--no-progress'];
    run('npm', ['install', ...flags, ...tarballs], outside);
  }, TIME_LIMIT_MS);

  test('can be imported', () => {
    const script = [
      "import { clustering, core } from 'dance-ts';",
      'const { GraphSC } = clustering;',
      'const { listModels } = core;',
      construct,
    ].join('\n');
    writeFileSync(join(outside, 'user.mjs'), script);
    expect(run(process.execPath, ['user.mjs'], outside)).toBe('GraphSC true\n');
  });

  test('can be required from CommonJS', () => {
    const script = [
      "const { GraphSC } = require('@dance-ts/clustering');",
      "const { listModels } = require('@dance-ts/core');",
      construct,
    ].join('\n');
    writeFileSync(join(outside, 'user.cjs'), script);
    expect(run(process.execPath, ['user.cjs'], outside)).toBe('GraphSC true\n');
  });
});
