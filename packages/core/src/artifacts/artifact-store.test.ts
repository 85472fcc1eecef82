import { expect, test } from '@jest/globals';
import { IoError } from '../errors.js';
import { rejection } from '../testing/caught.js';
import { MemoryStore } from './artifact-store.js';

test('keeps bytes by name', async () => {
  const store = new MemoryStore();
  await store.write('a', Uint8Array.of(1, 2));
  await store.write('b', Uint8Array.of(3));
  await store.write('a', Uint8Array.of(4));
  expect(await store.list()).toEqual(['a', 'b']);
  expect([...(await store.read('a'))]).toEqual([4]);
  expect(await store.has('b')).toBe(true);
  await store.remove('b');
  await store.remove('never there');
  expect(await store.has('b')).toBe(false);
});

test('neither what was written nor what was read is shared', async () => {
  const store = new MemoryStore();
  const written = Uint8Array.of(1);
  await store.write('a', written);
  written[0] = 9;
  (await store.read('a'))[0] = 9;
  expect([...(await store.read('a'))]).toEqual([1]);
});

test('an artifact that is not there is an IoError that names it', async () => {
  const error = await rejection(new MemoryStore().read('model.json'));
  expect(error).toBeInstanceOf(IoError);
  expect(error.message).toContain('there is no artifact "model.json" in memory');
});
