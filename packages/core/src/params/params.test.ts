import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { ParamError } from '../errors.js';
import { caught } from '../testing/caught.js';
import { defineParams, describeParams, parseParams } from './params.js';

const schema = defineParams({
  nClusters: z.int().min(2).max(20).default(10).describe('clusters'),
  lr: z.number().positive().default(1e-3).describe('learning rate'),
  dropout: z.number().min(0).lt(1).default(0.1).describe('dropout rate'),
  activation: z.enum(['relu', 'gelu']).default('relu').describe('activation'),
  norm: z.boolean().default(false).describe('batch normalization'),
  hiddenDims: z.array(z.int().min(1)).min(1).max(3).default([64, 32]).describe('layer widths'),
  maxNorm: z.number().min(0).nullable().default(null).describe('clipping'),
  truth: z.string().min(1).optional().describe('label column'),
  width: z.int().multipleOf(8).default(8).describe('width'),
  nNeighbors: z
    .union([z.int().min(1), z.literal('auto')])
    .default('auto')
    .describe('neighbors'),
  layer: z.string().regex(/^\w+$/).default('counts').describe('layer'),
  optimizer: z
    .strictObject({ beta: z.number().default(0.9) })
    .default({ beta: 0.9 })
    .describe('optimizer'),
});

describe('parseParams', () => {
  test.each([[undefined], [null], [{}]])('%p gives all defaults', (input) => {
    expect(parseParams(schema, input, 'Toy')).toEqual({
      nClusters: 10,
      lr: 1e-3,
      dropout: 0.1,
      activation: 'relu',
      norm: false,
      hiddenDims: [64, 32],
      maxNorm: null,
      width: 8,
      nNeighbors: 'auto',
      layer: 'counts',
      optimizer: { beta: 0.9 },
    });
  });

  test('takes what is given and leaves the input as it is', () => {
    const input = Object.freeze({ nClusters: 3, hiddenDims: Object.freeze([5]) });
    const values = parseParams(schema, input, 'Toy');
    expect(values.nClusters).toBe(3);
    expect(values.hiddenDims).toEqual([5]);
    values.hiddenDims.push(1);
    expect(input.hiddenDims).toEqual([5]);
  });

  test('a default that is a list belongs to the caller alone', () => {
    parseParams(schema, {}, 'Toy').hiddenDims.push(1);
    expect(parseParams(schema, {}, 'Toy').hiddenDims).toEqual([64, 32]);
  });

  test.each<[Record<string, unknown>, string]>([
    [{ nClusters: 1 }, '"nClusters": got 1, expected a number >= 2'],
    [{ nClusters: 21 }, '"nClusters": got 21, expected a number <= 20'],
    [{ nClusters: 2.5 }, '"nClusters": got 2.5, expected an integer'],
    [{ nClusters: NaN }, '"nClusters": got NaN, expected a finite number'],
    [{ nClusters: 'ten' }, '"nClusters": got "ten", expected a number'],
    [{ nClusters: 10n }, '"nClusters": got "10n", expected a number'],
    [{ nClusters: null }, '"nClusters": got null, expected a number'],
    [{ nClusters: () => 1 }, '"nClusters": got function, expected a number'],
    [{ nClusters: 1e300 }, '"nClusters": got 1e+300, expected an integer <= 9007199254740991'],
    [{ lr: 0 }, '"lr": got 0, expected a number > 0'],
    [{ lr: Infinity }, '"lr": got Infinity, expected a finite number'],
    [{ dropout: 1 }, '"dropout": got 1, expected a number < 1'],
    [{ activation: 'tanh' }, '"activation": got "tanh", expected one of "relu", "gelu"'],
    [{ norm: 1 }, '"norm": got 1, expected true or false'],
    [{ hiddenDims: 5 }, '"hiddenDims": got 5, expected a list'],
    [{ hiddenDims: [] }, '"hiddenDims": got [], expected a list with >= 1 entries'],
    [{ hiddenDims: [1, 2, 3, 4] }, 'got [1,2,3,4], expected a list with <= 3 entries'],
    [{ hiddenDims: [8, 0] }, '"hiddenDims.1": got 0, expected a number >= 1'],
    [{ maxNorm: -1 }, '"maxNorm": got -1, expected a number >= 0'],
    [{ truth: '' }, '"truth": got "", expected a text with >= 1 characters'],
    [{ width: 9 }, '"width": got 9, expected a multiple of 8'],
    [{ nNeighbors: 'all' }, '"nNeighbors": got "all", expected a number or "auto"'],
    [{ layer: 'a b' }, '"layer": got "a b", expected a text like /^\\w+$/'],
    [{ optimizer: { beta: 'x' } }, '"optimizer.beta": got "x", expected a number'],
  ])('refuses %p by name', (input, message) => {
    const error = caught(() => parseParams(schema, input, 'Toy'));
    expect(error).toBeInstanceOf(ParamError);
    expect(error.message).toMatch(/^Toy: parameter "/);
    expect(error.message.endsWith(message)).toBe(true);
  });

  test('a long value is cut in the message', () => {
    const error = caught(() => parseParams(schema, { norm: 'x'.repeat(1000) }, 'Toy'));
    expect(error.message.length).toBeLessThan(150);
  });

  test('unknown names are refused with those there are', () => {
    const small = defineParams({ a: z.int().default(1), b: z.int().default(2) });
    const unknown = (input: unknown): string =>
      caught(() => parseParams(small, input, 'Toy')).message;
    expect(unknown({ A: 1 })).toBe('Toy has no parameter "A": expected one of a, b');
    expect(unknown({ x: 1, y: 2 })).toBe('Toy has no parameter "x", "y": expected one of a, b');
    expect(caught(() => parseParams(defineParams({}), { x: 1 }, 'Toy')).message).toBe(
      'Toy has no parameter "x": expected none',
    );
    expect(caught(() => parseParams(schema, { optimizer: { gamma: 1 } }, 'Toy')).message).toBe(
      'Toy has no parameter "optimizer.gamma"',
    );
  });

  test('a parameter without a default must be given', () => {
    const required = defineParams({ path: z.string() });
    expect(caught(() => parseParams(required, {}, 'Toy')).message).toBe(
      'Toy: parameter "path": got nothing, expected a text',
    );
  });

  test.each<[string, unknown]>([
    ['"text"', 'text'],
    ['[]', []],
    ['7', 7],
  ])('%s is no set of parameters', (got, input) => {
    const error = caught(() => parseParams(schema, input, 'Toy'));
    expect(error).toBeInstanceOf(ParamError);
    expect(error.message).toBe(`Toy: parameters: got ${got}, expected an object`);
  });

  test("a check of the schema's own speaks in its own words", () => {
    const even = defineParams({ n: z.int().refine((n) => n % 2 === 0, 'an even number') });
    expect(caught(() => parseParams(even, { n: 3 }, 'Toy')).message).toBe(
      'Toy: parameter "n": got 3, expected an even number',
    );
  });
});

describe('describeParams', () => {
  const described = new Map(describeParams(schema).map((param) => [param.name, param]));

  test('keeps the order of the schema', () => {
    expect([...described.keys()]).toEqual(Object.keys(schema.shape));
  });

  test.each([
    [
      'nClusters',
      { type: 'integer', minimum: 2, maximum: 20, defaultValue: 10, description: 'clusters' },
    ],
    ['lr', { type: 'number', minimum: 0, defaultValue: 1e-3, description: 'learning rate' }],
    [
      'dropout',
      { type: 'number', minimum: 0, maximum: 1, defaultValue: 0.1, description: 'dropout rate' },
    ],
    [
      'activation',
      {
        type: 'string',
        choices: ['relu', 'gelu'],
        defaultValue: 'relu',
        description: 'activation',
      },
    ],
    ['norm', { type: 'boolean', defaultValue: false, description: 'batch normalization' }],
    ['hiddenDims', { type: 'array', defaultValue: [64, 32], description: 'layer widths' }],
    [
      'maxNorm',
      { type: 'number', minimum: 0, defaultValue: null, nullable: true, description: 'clipping' },
    ],
    ['truth', { type: 'string', defaultValue: undefined, description: 'label column' }],
    ['width', { type: 'integer', defaultValue: 8, description: 'width' }],
    ['optimizer', { type: 'object', defaultValue: { beta: 0.9 }, description: 'optimizer' }],
  ])('%s', (name, expected) => {
    expect(described.get(name)).toStrictEqual({ name, nullable: false, ...expected });
  });

  test('a nullable choice offers its values', () => {
    const [param] = describeParams(
      defineParams({ mode: z.enum(['a', 'b']).nullable().default(null) }),
    );
    expect(param).toMatchObject({ type: 'string', choices: ['a', 'b'], nullable: true });
  });

  test('a missing description is an empty text', () => {
    expect(describeParams(defineParams({ n: z.int().default(0) }))[0]?.description).toBe('');
  });
});
