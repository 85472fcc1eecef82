import { beforeAll, describe, expect, test } from '@jest/globals';
import { FormatError, ParamError, type SavedTensor } from '@dance-ts/core';
import * as tf from '@tensorflow/tfjs';
import { selectBackend } from './backend/select-backend.js';
import { ParameterSet } from './parameters.js';
import { TESTED_DEVICES } from './testing/numeric.js';

function example(): ParameterSet {
  const parameters = new ParameterSet();
  parameters.add('w', [2, 2], Float32Array.of(1, 2, 3, 4));
  parameters.add('running', [2], Float32Array.of(5, 6), false);
  return parameters;
}

describe.each(TESTED_DEVICES)('ParameterSet on %s', (device) => {
  beforeAll(async () => {
    await selectBackend(device);
  });

  test('sets and reads values', async () => {
    const parameters = example();
    const [w] = parameters.trainable();
    w?.set(Float32Array.of(7, 8, 9, 10));
    expect([...(w?.variable.dataSync() ?? [])]).toEqual([7, 8, 9, 10]);
    expect([...((await w?.read()) ?? [])]).toEqual([7, 8, 9, 10]);
    parameters.dispose();
  });

  test('does not share the array it was given', () => {
    const initial = Float32Array.of(1, 2);
    const parameters = new ParameterSet();
    const parameter = parameters.add('x', [2], initial);
    initial[0] = 9;
    expect([...parameter.values]).toEqual([1, 2]);
    expect([...parameter.variable.dataSync()]).toEqual([1, 2]);
    parameters.dispose();
  });

  test('only trainable ones are given to the optimizer', () => {
    const parameters = example();
    expect(parameters.trainable().map(({ name }) => name)).toEqual(['w']);
    parameters.dispose();
  });

  test('a name can be taken once', () => {
    const parameters = example();
    const { numTensors } = tf.memory();
    const add = (): unknown => parameters.add('w', [1], Float32Array.of(0));
    expect(add).toThrow(ParamError);
    expect(add).toThrow('"w"');
    expect(tf.memory().numTensors).toBe(numTensors);
    parameters.dispose();
  });

  test('capture copies all values and restore puts them back', async () => {
    const parameters = example();
    const saved = await parameters.capture('net/');
    expect(saved).toEqual([
      ['net/w', { shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) }],
      ['net/running', { shape: [2], data: Float32Array.of(5, 6) }],
    ]);
    const [w] = parameters.trainable();
    w?.set(new Float32Array(4));
    expect(saved[0]?.[1].data[0]).toBe(1);
    parameters.restore(new Map(saved), 'net/');
    expect([...(w?.variable.dataSync() ?? [])]).toEqual([1, 2, 3, 4]);
    expect(await parameters.capture('net/')).toEqual(saved);
    parameters.dispose();
  });

  test.each<[string, SavedTensor | undefined, string]>([
    ['missing', undefined, 'got nothing, expected shape [2, 2]'],
    ['of another size', { shape: [3], data: new Float32Array(3) }, 'got shape [3]'],
    ['of another shape', { shape: [4, 1], data: new Float32Array(4) }, 'got shape [4, 1]'],
    ['of another kind', { shape: [2, 2], data: new Int32Array(4) }, 'got int32 values'],
  ])('saved weights that are %s are refused and change nothing', async (_, tensor, message) => {
    const parameters = example();
    const saved = new Map(await parameters.capture());
    if (tensor === undefined) saved.delete('w');
    else saved.set('w', tensor);
    saved.set('running', { shape: [2], data: Float32Array.of(50, 60) });
    const restore = (): void => {
      parameters.restore(saved);
    };
    expect(restore).toThrow(FormatError);
    expect(restore).toThrow('saved weights "w" do not fit the network');
    expect(restore).toThrow(message);
    expect([...(parameters.trainable()[0]?.values ?? [])]).toEqual([1, 2, 3, 4]);
    parameters.dispose();
  });

  test('dispose frees every tensor', () => {
    const { numTensors } = tf.memory();
    const parameters = example();
    expect(tf.memory().numTensors).toBe(numTensors + 2);
    parameters.dispose();
    expect(tf.memory().numTensors).toBe(numTensors);
    expect(parameters.trainable()).toEqual([]);
  });
});
