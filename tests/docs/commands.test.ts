import '@dance-ts/cell-type-annotation';
import '@dance-ts/clustering';
import '@dance-ts/imputation';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parseRunFlags } from '@dance-ts/cli';
import { listModels } from '@dance-ts/core';
import { repositoryRoot } from '../../packages/dev/src/repository.js';
import { commandsOf } from './command-lines.js';
import { documents, textOf } from './documents.js';

const TIME_LIMIT_MS = 120_000;
const DANCE = 'packages/cli/dist/dance.js';
const { scripts } = JSON.parse(textOf('package.json')) as { scripts: Record<string, string> };
/** Programs that are no part of this repository. */
const COMMON = ['cd', 'export', 'git', 'mkdir', 'pip', 'python3'];
/** Commands of `dance` whose help is that of their first arguments. */
const WITH_ARGUMENTS: Readonly<Record<string, number>> = { run: 2, data: 1 };
const NPM = ['ci', 'install', 'start', 'test'];

const all = documents().flatMap((path) =>
  commandsOf(textOf(path)).map((words) => [`${path}: ${words.join(' ')}`, words] as const),
);
const startingWith = (...start: string[]): (readonly [string, readonly string[]])[] =>
  all
    .filter(([, words]) => start.every((word, i) => words[i] === word))
    .map(([name, words]) => [name, words.slice(start.length)]);

/** Words of `dance` commands, whether written out or not. */
const danceCommands = [
  ...startingWith('dance'),
  ...startingWith('npx', 'dance'),
  ...startingWith('node', DANCE),
];

describe('commandsOf', () => {
  test('joins lines, separates commands and drops comments', () => {
    const text =
      '```sh\nnpm ci && A=1 npm start # now\nnpm run x -- \\\n  --paper "Its title"\n```\n';
    expect(commandsOf(text)).toEqual([
      ['npm', 'ci'],
      ['npm', 'start'],
      ['npm', 'run', 'x', '--', '--paper', 'Its title'],
    ]);
  });
});

describe('commands in documents', () => {
  test('are of programs that are known', () => {
    const unknown = all.filter(([, [program = '']]) => {
      return !['npm', 'npx', 'node', 'dance', ...COMMON].includes(program);
    });
    expect(unknown).toEqual([]);
  });

  test('are scripts of npm that exist', () => {
    const unknown = startingWith('npm').filter(([, [command = '', script = '']]) => {
      return command === 'run' ? !(script in scripts) : !NPM.includes(command);
    });
    expect(unknown).toEqual([]);
    const named = documents().flatMap((path) =>
      Array.from(textOf(path).matchAll(/npm run ([a-z:-]+)/g), ([, name = '']) => name),
    );
    expect(named).toEqual(expect.arrayContaining(['example', 'docs', 'new-model']));
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });

  test('are files that exist, where node runs them', () => {
    const files = startingWith('node').flatMap(([, [file = '']]) =>
      file.startsWith('packages/') ? [file] : [],
    );
    expect(files.filter((file) => !existsSync(join(repositoryRoot(), file)))).toEqual([]);
  });
});

describe('examples in documents', () => {
  const examples = startingWith('npm', 'run', 'example', '--');

  test('are shown on the pages of all models', () => {
    const shown = examples.map(([, [name = '']]) => name.split('/').at(-1));
    for (const { spec } of listModels()) expect(shown).toContain(spec.id);
  });

  test.each(examples)('%s', (_, [name = '', ...flags]) => {
    expect(existsSync(join(repositoryRoot(), `examples/${name}.ts`))).toBe(true);
    const model = listModels().find(({ spec }) => spec.id === name.split('/').at(-1));
    if (model === undefined) throw new Error(`no model of the example ${name}`);
    if (flags.includes('--help')) return;
    expect(() => parseRunFlags(model.spec, flags, { dataset: 'sim' })).not.toThrow();
  });
});

describe('the skeleton of a model in documents', () => {
  const skeletons = startingWith('npm', 'run', 'new-model', '--');

  test('is written with flags that exist', () => {
    expect(skeletons).toHaveLength(1);
    const tool = join(repositoryRoot(), 'packages/dev/dist/new-model.js');
    const { stderr: usage } = spawnSync(process.execPath, [tool], { encoding: 'utf8' });
    for (const [, words] of skeletons) {
      for (const word of words) if (word.startsWith('--')) expect(usage).toContain(`${word} `);
    }
  });
});

describe('commands of dance in documents', () => {
  const helps = new Map<string, string>();
  const helpOf = (words: readonly string[]): string => {
    const key = words.join(' ');
    const known = helps.get(key);
    if (known !== undefined) return known;
    const args = [join(repositoryRoot(), DANCE), ...words, '--help'];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    helps.set(key, stdout);
    return stdout;
  };

  test.each(danceCommands)(
    '%s',
    (_, [command = '', ...words]) => {
      if (command.startsWith('-')) return;
      const path = [command, ...words.slice(0, WITH_ARGUMENTS[command] ?? 0)];
      const help = helpOf(path.filter((word) => !word.startsWith('-')));
      expect(help).toContain(`dance ${command}`);
      const flags = words.filter((word) => word.startsWith('--'));
      const known = new Set(['--help', ...(help.match(/--[a-z0-9-]+/g) ?? [])]);
      expect(flags.filter((flag) => !known.has(flag))).toEqual([]);
    },
    TIME_LIMIT_MS,
  );
});
