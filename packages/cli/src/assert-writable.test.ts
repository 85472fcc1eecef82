import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { IoError } from '@dance-ts/core';
import { assertFolder } from './assert-writable.js';

let place = '';

beforeAll(async () => {
  place = await mkdtemp(join(tmpdir(), 'dance-writable-'));
});

afterAll(() => rm(place, { recursive: true }));

test('a folder may be new, and is not made', async () => {
  await assertFolder(place);
  await assertFolder(join(place, 'new', 'inner'));
  expect(existsSync(join(place, 'new'))).toBe(false);
});

test('a file is no folder, nor is there one below it', async () => {
  const file = join(place, 'file');
  await writeFile(file, 'x');
  for (const folder of [file, join(file, 'inner')]) {
    await expect(assertFolder(folder)).rejects.toThrow(IoError);
    await expect(assertFolder(folder)).rejects.toThrow(`${file} is no folder`);
  }
});
