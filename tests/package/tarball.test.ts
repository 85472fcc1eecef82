import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const TIME_LIMIT_MS = 300_000;
const OFFLINE_CODES = /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENOTCACHED)\b/;
/** What npm and jest set for this test run, and a user of the packages does not have. */
const OF_THIS_RUN = /^(npm_(package|lifecycle)_|npm_config_(local_prefix|workspace)|NODE_OPTIONS$)/;

interface PackageJson {
  readonly name: string;
  readonly private?: boolean;
  readonly scripts?: Record<string, string>;
}

interface PackReport {
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

/** Folders of the packages that are published. */
function publicPackages(): { folder: string; manifest: PackageJson }[] {
  const modules = join(ROOT, 'packages', 'modules');
  const folders = [
    ...readdirSync(join(ROOT, 'packages')).map((name) => join(ROOT, 'packages', name)),
    ...readdirSync(modules).flatMap((module) =>
      readdirSync(join(modules, module)).map((task) => join(modules, module, task)),
    ),
  ];
  return folders
    .filter((folder) => existsSync(join(folder, 'package.json')))
    .map((folder) => ({
      folder,
      manifest: JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as PackageJson,
    }))
    .filter(({ manifest }) => manifest.private !== true);
}

function run(command: string, args: readonly string[], cwd: string): string {
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
    timeout: TIME_LIMIT_MS,
    env: Object.fromEntries(
      Object.entries(process.env).filter(([name]) => !OF_THIS_RUN.test(name)),
    ),
  });
  if (status === 0) return stdout;
  const why = OFFLINE_CODES.test(stderr)
    ? 'the package registry cannot be reached, and its cache lacks a dependency'
    : 'it failed';
  throw new Error(`${command} ${args.join(' ')}: ${why}\n${stderr || stdout}`);
}

const packages = publicPackages();
const outside = mkdtempSync(join(tmpdir(), 'dance-packed-'));
const reports = new Map<string, PackReport>();

beforeAll(() => {
  for (const { folder, manifest } of packages) {
    const output = run(
      'npm',
      ['pack', '--json', '--ignore-scripts', '--pack-destination', outside],
      folder,
    );
    const [report] = JSON.parse(output) as PackReport[];
    if (report !== undefined) reports.set(manifest.name, report);
  }
}, TIME_LIMIT_MS);

afterAll(() => {
  rmSync(outside, { recursive: true, force: true });
});

describe.each(packages.map(({ manifest }) => [manifest.name, manifest] as const))(
  '%s as packed',
  (name, manifest) => {
    test('holds the built code and nothing else', () => {
      const paths = reports.get(name)?.files.map(({ path }) => path) ?? [];
      expect(paths).toContain('dist/index.js');
      expect(paths).toContain('dist/index.d.ts');
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
      "import { GraphSC } from '@dance-ts/clustering';",
      "import { listModels } from '@dance-ts/core';",
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
