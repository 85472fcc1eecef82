import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { replaceFile, writeFileAtomic } from './atomic-file.node.js';
import { FolderStore } from './folder-store.node.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'dance-io-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe('FolderStore', () => {
  test('keeps artifacts as files of a folder it makes itself', async () => {
    const store = new FolderStore(path.join(folder, 'a', 'b'));
    expect(await store.list()).toEqual([]);
    await store.write('model.json', Uint8Array.of(1, 2));
    await store.write('model.json', Uint8Array.of(3));
    await store.write('w-1.bin', new Uint8Array(0));
    expect([...(await store.read('model.json'))]).toEqual([3]);
    expect(await store.list()).toEqual(['model.json', 'w-1.bin']);
    expect(await store.has('model.json')).toBe(true);
    await store.remove('model.json');
    await store.remove('model.json');
    expect(await store.has('model.json')).toBe(false);
    await expect(store.read('model.json')).rejects.toThrow(/there is no artifact "model.json" in/);
  });

  test('lists no temporary files', async () => {
    const store = new FolderStore(path.join(folder, 'c'));
    await store.write('x', Uint8Array.of(1));
    writeFileSync(path.join(store.location, '~x.1-1'), 'left by a killed process');
    expect(await store.list()).toEqual(['x']);
  });

  test.each(['', '.', '..', 'a/b', '../x', 'a\\b', 'ü', 'a b', '~a'])(
    'refuses the name %j',
    async (name) => {
      const store = new FolderStore(folder);
      await expect(store.write(name, new Uint8Array(1))).rejects.toThrow('invalid artifact name');
      await expect(store.read(name)).rejects.toThrow('invalid artifact name');
    },
  );
});

describe('replaceFile', () => {
  test('leaves the old file and nothing else when writing fails', async () => {
    const file = path.join(folder, 'kept.txt');
    await writeFileAtomic(file, 'old');
    const before = readdirSync(folder);
    const failing = replaceFile(file, (storage) => {
      storage.write(Uint8Array.of(1, 2, 3), 0);
      throw new Error('boom');
    });
    await expect(failing).rejects.toThrow(`cannot write ${file}: boom`);
    expect(readFileSync(file, 'utf8')).toBe('old');
    expect(readdirSync(folder)).toEqual(before);
  });

  test('keeps the permissions of the file and follows links to it', async () => {
    const file = path.join(folder, 'mode.txt');
    await writeFileAtomic(file, 'a');
    chmodSync(file, 0o640);
    const link = path.join(folder, 'link.txt');
    symlinkSync(file, link);
    await writeFileAtomic(link, 'b');
    expect(readFileSync(file, 'utf8')).toBe('b');
    expect(statSync(file).mode & 0o777).toBe(0o640);
  });

  test('says what is wrong with the place', async () => {
    await expect(writeFileAtomic(path.join(folder, 'none', 'x'), '')).rejects.toThrow(
      /its folder does not exist. Create .*none first/,
    );
    await expect(writeFileAtomic(folder, '')).rejects.toThrow(/it is a folder/);
    await expect(writeFileAtomic('/proc/x', '')).rejects.toThrow(/cannot write \/proc\/x: /);
  });
});
