import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { dance } from './testing/dance-process.js';

const SECONDS = 60_000;
let empty = '';

beforeAll(() => {
  empty = mkdtempSync(join(tmpdir(), 'dance-lists-'));
});

afterAll(() => {
  rmSync(empty, { recursive: true });
});

const json = (...words: string[]): unknown => JSON.parse(dance(...words, '--json').stdout);

describe('dance list', () => {
  test(
    'tasks, models and data sets of a task, for programs',
    () => {
      const listed = json('list', '--task', 'clustering') as Record<
        string,
        Record<string, unknown>[]
      >;
      expect(listed['tasks']).toHaveLength(1);
      expect(listed['models']).toContainEqual(
        expect.objectContaining({ id: 'graphsc', task: 'clustering', inference: 'transductive' }),
      );
      expect(listed['models']?.every(({ task }) => task === 'clustering')).toBe(true);
      expect(listed['datasets']).toContainEqual(expect.objectContaining({ name: 'worm_neuron' }));
    },
    SECONDS,
  );

  test(
    'models for people',
    () => {
      const { status, stdout } = dance('list', 'models');
      expect(status).toBe(0);
      expect(stdout).toMatch(/^MODEL +TASK +BACKBONE +YEAR +INFERENCE\n/);
      expect(stdout).toMatch(/^actinn +cell-type-annotation .* inductive$/m);
    },
    SECONDS,
  );
});

describe('dance info', () => {
  test(
    'a model: paper, parameters with defaults, an example',
    () => {
      const { stdout } = dance('info', 'GraphSC');
      expect(stdout).toContain('Bioinformatics');
      expect(stdout).toMatch(/--n-clusters <integer from 2> \(default 10\)\n +Clusters/);
      expect(stdout).toContain('$ dance run clustering graphsc --input');
      expect(json('info', 'graphsc')).toMatchObject({
        parameters: { fit: expect.arrayContaining([expect.objectContaining({ name: 'epochs' })]) },
      });
    },
    SECONDS,
  );

  test(
    'a data set: source, license and checksum',
    () => {
      const { stdout } = dance('info', 'worm_neuron_cell');
      expect(stdout).toMatch(/^source +https:/m);
      expect(stdout).toMatch(/^license +Apache-2.0$/m);
      expect(stdout).toMatch(/sha256 [0-9a-f]{64}/);
    },
    SECONDS,
  );
});

describe('dance data', () => {
  test(
    'what is not on this machine is not found, and not downloaded when told so',
    () => {
      for (const words of [
        ['path', 'baron_mouse'],
        ['get', 'baron_mouse', '--offline'],
      ]) {
        const { status, stderr } = dance('data', ...words, '--data-dir', empty);
        expect(stderr).toMatch(/^error: .*does not hold data set "baron_mouse".*\n$/);
        expect(status).toBe(1);
      }
    },
    SECONDS,
  );

  test(
    'simulated data need no file',
    () => {
      expect(dance('data', 'get', 'sim-clustering').stdout).toContain('needs no file');
    },
    SECONDS,
  );

  test(
    'the list tells sources and places',
    () => {
      const listed = json('data', 'list', '--task', 'clustering', '--data-dir', empty);
      expect(listed).toContainEqual(
        expect.objectContaining({
          name: 'worm_neuron',
          path: null,
          source: expect.objectContaining({ license: 'Apache-2.0' }),
        }),
      );
    },
    SECONDS,
  );
});

describe('help', () => {
  test.each([
    ['list'],
    ['info'],
    ['run'],
    ['run clustering graphsc'],
    ['plot'],
    ['convert'],
    ['data'],
    ['data get'],
    ['doctor'],
  ])(
    'dance %s --help has an example',
    (words) => {
      const { status, stdout } = dance(...words.split(' '), '--help');
      expect(stdout).toMatch(/^Usage: dance/);
      expect(stdout).toMatch(/Example:\n +\$ dance /);
      expect(status).toBe(0);
    },
    SECONDS,
  );
});
