import { describe, expect, test } from '@jest/globals';
import { defineParams, ParamError, type ModelSpec } from '@dance-ts/core';
import { z } from 'zod';
import { parseRunFlags } from './run-flags.js';

const SPEC: ModelSpec = {
  id: 'toy',
  name: 'Toy',
  task: 'clustering',
  inference: 'transductive',
  backbone: 'MLP',
  paper: { authors: 'A', title: 'T', venue: 'V', year: 2020 },
  params: defineParams({
    nClusters: z.int().min(2).default(10).describe('clusters'),
    mode: z.enum(['fast', 'slow']).default('fast').describe('mode'),
    hiddenBn: z.boolean().default(false).describe('norm'),
    C: z.number().default(1).describe('penalty'),
    widths: z.array(z.int()).default([8]).describe('widths'),
    nParts: z
      .union([z.int().min(2), z.literal('auto')])
      .default(3)
      .describe('parts'),
    seed: z.int().default(0).describe('seed'),
    device: z.string().default('auto').describe('device'),
  }),
  fitParams: defineParams({ lr: z.number().default(0.1).describe('rate') }),
  preprocessParams: defineParams({ nTopGenes: z.int().default(3000).describe('genes') }),
};
const EXAMPLE = { dataset: 'sim-clustering', params: { mode: 'slow' } };

const parse = (...argv: string[]) => parseRunFlags(SPEC, argv, EXAMPLE);

describe('parseRunFlags', () => {
  test('defaults of the example stand where no flag is given', () => {
    const { common, params } = parse();
    expect(common).toMatchObject({
      dataset: 'sim-clustering',
      seed: 0,
      numRuns: 1,
      device: 'auto',
    });
    expect(params).toEqual({ model: { mode: 'slow', device: 'auto' }, fit: {}, preprocess: {} });
  });

  test('flags are sorted into constructor, fit and preprocessing parameters', () => {
    const { params } = parse(
      ...['--n-clusters', '4', '--hidden-bn', 'true', '--lr', '1e-3', '--n-top-genes', '50'],
    );
    expect(params.model).toMatchObject({ nClusters: 4, hiddenBn: true });
    expect(params.fit).toEqual({ lr: 0.001 });
    expect(params.preprocess).toEqual({ nTopGenes: 50 });
  });

  test('a parameter that is a capital letter', () => {
    expect(parse('--c', '0.5').params.model['C']).toBe(0.5);
  });

  test('a list is written with commas', () => {
    expect(parse('--widths', '256, 64').params.model['widths']).toEqual([256, 64]);
    expect(parse('--widths', '').params.model['widths']).toEqual([]);
  });

  test('a word may stand for a number where the model allows it', () => {
    expect(parse('--n-parts', 'auto').params.model['nParts']).toBe('auto');
    expect(parse('--n-parts', '4').params.model['nParts']).toBe(4);
    expect(() => parse('--n-parts', 'many')).toThrow(/"many".*a number or "auto"/);
  });

  test('a flag wins over the example', () => {
    expect(parse('--mode', 'fast').params.model['mode']).toBe('fast');
  });

  test('what is found around the model: as wanted, or undefined for the default', () => {
    expect(parse('--markers', '--no-umap').common).toMatchObject({ markers: true, umap: false });
    expect(parse().common.markers).toBeUndefined();
  });

  test('--deterministic pins the WebAssembly backend', () => {
    expect(parse('--deterministic').common.device).toBe('wasm');
  });

  test.each([
    [['--nonsense', '1'], /--nonsense/],
    [['--n-clusters', 'many'], /--n-clusters.*"many".*a number/],
    [['--mode', 'other'], /other.*fast, slow/],
    [['--hidden-bn', 'maybe'], /--hidden-bn.*"maybe".*true or false/],
    [['--seed', '-1'], /--seed/],
    [['--num-runs', '0'], /--num-runs/],
    [['stray'], /too many arguments|stray/],
    [['--input', 'a.h5ad', '--dataset', 'sim'], /--input.*--dataset/],
    [['--checkpoint-every', '0.5'], /--checkpoint-every/],
  ])('%p is refused with one line', (argv, message) => {
    expect(() => parse(...argv)).toThrow(ParamError);
    expect(() => parse(...argv)).toThrow(message);
    try {
      parse(...argv);
    } catch (error) {
      expect((error as Error).message).not.toContain('\n');
    }
  });

  test('imputation: what is held out', () => {
    const imputation: ModelSpec = { ...SPEC, task: 'imputation' };
    const run = (...argv: string[]) => parseRunFlags(imputation, argv, EXAMPLE).common;
    expect(run()).toMatchObject({ protocol: 'entries', maskRate: 0.1, maskDistribution: 'exp' });
    expect(run('--protocol', 'counts', '--mask-rate', '0.2')).toMatchObject({
      protocol: 'counts',
      maskRate: 0.2,
    });
    expect(() => run('--protocol', 'all')).toThrow(ParamError);
    expect(() => parse('--mask-rate', '0.2')).toThrow(ParamError);
  });
});
