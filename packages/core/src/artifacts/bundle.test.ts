import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { DataError, FormatError, IoError, ParamError } from '../errors.js';
import { rejection } from '../testing/caught.js';
import { MemoryStore } from './artifact-store.js';
import {
  loadBundle,
  removeBundle,
  saveBundle,
  sha256Hex,
  type Bundle,
  type SavedTensor,
} from './bundle.js';

const bundleOf = (tensors: Record<string, SavedTensor>, facts: Bundle['facts'] = {}): Bundle => ({
  facts,
  tensors: new Map(Object.entries(tensors)),
});

const vector = (...values: number[]): SavedTensor => ({
  shape: [values.length],
  data: Float32Array.from(values),
});

/** The bytes a number array is made of. */
const bytesOf = ({ data }: SavedTensor): number[] => [
  ...new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
];

/** What tests change in a saved manifest. */
interface Manifest {
  weights: string;
  tensors: { name: string; dtype: string; shape: number[]; offset: number }[];
  [key: string]: unknown;
}

async function changeManifest(store: MemoryStore, change: (manifest: Manifest) => void) {
  const manifest = JSON.parse(new TextDecoder().decode(await store.read('m.json'))) as Manifest;
  change(manifest);
  await store.write('m.json', new TextEncoder().encode(JSON.stringify(manifest)));
}

describe('round trip', () => {
  test('keeps every bit of every kind of array', async () => {
    const odd = Float32Array.of(NaN, -0, Infinity, -Infinity, 1e-45, 3.4e38, 0.1);
    // A NaN with a payload of its own.
    new Uint32Array(odd.buffer)[0] = 0x7fc12345;
    const bundle = bundleOf({
      odd: { shape: [7], data: odd },
      single: { shape: [], data: Float32Array.of(-0) },
      empty: { shape: [0, 3], data: new Float32Array(0) },
      doubles: { shape: [2, 2], data: Float64Array.of(NaN, -0, 5e-324, Math.PI) },
      integers: { shape: [3], data: Int32Array.of(-2147483648, 0, 2147483647) },
    });
    const store = new MemoryStore();
    await saveBundle(store, 'm', bundle);
    const loaded = await loadBundle(store, 'm');
    expect([...loaded.tensors.keys()]).toEqual([...bundle.tensors.keys()]);
    for (const [name, tensor] of bundle.tensors) {
      const again = loaded.tensors.get(name);
      expect(again?.shape).toEqual(tensor.shape);
      expect(again?.data.constructor).toBe(tensor.data.constructor);
      expect(again && bytesOf(again)).toEqual(bytesOf(tensor));
    }
  });

  test('keeps facts', async () => {
    const facts = { text: 'ä', list: [1, null, true], nested: { x: -1.5 } };
    const store = new MemoryStore();
    await saveBundle(store, 'm', bundleOf({}, facts));
    expect((await loadBundle(store, 'm')).facts).toEqual(facts);
  });

  test('a part of a larger array is saved as that part', async () => {
    const store = new MemoryStore();
    const data = Float32Array.of(0, 1, 2, 3).subarray(1, 3);
    await saveBundle(store, 'm', bundleOf({ part: { shape: [2], data } }));
    expect([...((await loadBundle(store, 'm')).tensors.get('part')?.data ?? [])]).toEqual([1, 2]);
  });

  test('loaded arrays are independent of each other', async () => {
    const store = new MemoryStore();
    await saveBundle(store, 'm', bundleOf({ a: vector(1), b: vector(2) }));
    const { tensors } = await loadBundle(store, 'm');
    tensors.get('a')?.data.fill(9);
    expect(tensors.get('b')?.data[0]).toBe(2);
    expect(tensors.get('a')?.data.buffer.byteLength).toBe(4);
  });

  test('the weights are little-endian and named after their own hash', async () => {
    const store = new MemoryStore();
    await saveBundle(store, 'm', bundleOf({ a: { shape: [1], data: Int32Array.of(0x01020304) } }));
    const name = (await store.list()).find((artifact) => artifact.endsWith('.bin')) ?? '';
    const bytes = await store.read(name);
    expect([...bytes]).toEqual([4, 3, 2, 1]);
    expect(name).toBe(`m-${(await sha256Hex(bytes)).slice(0, 16)}.bin`);
  });
});

test('sha256Hex agrees with node:crypto', async () => {
  for (const bytes of [new Uint8Array(0), Uint8Array.of(1, 2, 255)]) {
    expect(await sha256Hex(bytes)).toBe(createHash('sha256').update(bytes).digest('hex'));
  }
});

describe('saving', () => {
  /** A store that fails to write artifacts whose name matches. */
  class FailingStore extends MemoryStore {
    failOn: RegExp | undefined;

    override async write(name: string, bytes: Uint8Array): Promise<void> {
      if (this.failOn?.test(name)) throw new IoError(`cannot write ${name}`);
      await super.write(name, bytes);
    }
  }

  test.each([
    ['manifest', /\.json$/],
    ['weights', /\.bin$/],
  ])('that ends before the %s is written leaves the old bundle whole', async (_, failOn) => {
    const store = new FailingStore();
    await saveBundle(store, 'm', bundleOf({ a: vector(1, 2) }, { version: 'old' }));
    store.failOn = failOn;
    const save = saveBundle(store, 'm', bundleOf({ a: vector(3, 4) }, { version: 'new' }));
    expect(await rejection(save)).toBeInstanceOf(IoError);
    const kept = await loadBundle(store, 'm');
    expect(kept.facts).toEqual({ version: 'old' });
    expect([...(kept.tensors.get('a')?.data ?? [])]).toEqual([1, 2]);

    store.failOn = undefined;
    await saveBundle(store, 'm', bundleOf({ a: vector(3, 4) }, { version: 'new' }));
    expect((await loadBundle(store, 'm')).facts).toEqual({ version: 'new' });
    expect(await store.list()).toHaveLength(2);
  });

  test('again replaces the weights and removes the old ones', async () => {
    const store = new MemoryStore();
    for (const value of [1, 2, 2, 3]) await saveBundle(store, 'm', bundleOf({ a: vector(value) }));
    expect(await store.list()).toHaveLength(2);
    expect((await loadBundle(store, 'm')).tensors.get('a')?.data[0]).toBe(3);
  });

  test('leaves everything else in the store alone', async () => {
    const store = new MemoryStore();
    await saveBundle(store, 'm-2', bundleOf({ a: vector(2) }));
    await store.write('m-notes.bin', Uint8Array.of(7));
    await saveBundle(store, 'm', bundleOf({ a: vector(1) }));
    await saveBundle(store, 'm', bundleOf({ a: vector(3) }));
    expect((await loadBundle(store, 'm-2')).tensors.get('a')?.data[0]).toBe(2);
    expect(await store.has('m-notes.bin')).toBe(true);
  });

  test('a tensor whose values do not fill its shape is refused before anything is written', async () => {
    const store = new MemoryStore();
    const bad = { shape: [2, 3], data: new Float32Array(5) };
    const error = await rejection(saveBundle(store, 'm', bundleOf({ bad })));
    expect(error).toBeInstanceOf(DataError);
    expect(error.message).toContain('"bad"');
    expect(error.message).toContain('got 5 values, expected 2 x 3');
    expect(await store.list()).toEqual([]);
  });

  test.each(['', 'my model', '../m', 'a/b'])('the name %p is refused', async (name) => {
    const error = await rejection(saveBundle(new MemoryStore(), name, bundleOf({})));
    expect(error).toBeInstanceOf(ParamError);
    expect(error.message).toContain(`"${name}"`);
  });
});

describe('removing', () => {
  test('takes manifest and weights and nothing else', async () => {
    const store = new MemoryStore();
    const others = ['m-notes.bin', 'm-notes.txt', 'my.json'];
    for (const name of others) await store.write(name, Uint8Array.of(7));
    await saveBundle(store, 'm', bundleOf({ a: vector(1) }));
    await removeBundle(store, 'm');
    expect(await store.list()).toEqual(others);
  });

  test('of what is not there does nothing', async () => {
    const store = new MemoryStore();
    await removeBundle(store, 'm');
    expect(await store.list()).toEqual([]);
  });
});

describe('loading', () => {
  async function saved(): Promise<MemoryStore> {
    const store = new MemoryStore();
    await saveBundle(store, 'm', bundleOf({ a: vector(1, 2, 3), b: vector(4) }));
    return store;
  }
  const weightsOf = async (store: MemoryStore): Promise<string> =>
    (await store.list()).find((name) => name.endsWith('.bin')) ?? '';

  async function expectRefusal(store: MemoryStore, message: RegExp): Promise<void> {
    const error = await rejection(loadBundle(store, 'm'));
    expect(error).toBeInstanceOf(FormatError);
    expect(error.message).toMatch(message);
    expect(error.message).toContain('m.json in memory');
  }

  test('what was never saved is an IoError', async () => {
    expect(await rejection(loadBundle(new MemoryStore(), 'm'))).toBeInstanceOf(IoError);
  });

  test('one changed byte of the weights is noticed', async () => {
    const store = await saved();
    const bytes = await store.read(await weightsOf(store));
    bytes[5]! ^= 1;
    await store.write(await weightsOf(store), bytes);
    await expectRefusal(store, /weights of .* are damaged/);
  });

  test('weights cut short are noticed', async () => {
    const store = await saved();
    const bytes = await store.read(await weightsOf(store));
    await store.write(await weightsOf(store), bytes.subarray(0, 8));
    await expectRefusal(store, /are damaged/);
  });

  test('missing weights are an IoError', async () => {
    const store = await saved();
    await store.remove(await weightsOf(store));
    expect(await rejection(loadBundle(store, 'm'))).toBeInstanceOf(IoError);
  });

  test('what is not JSON, and JSON that is no bundle, are refused', async () => {
    const store = new MemoryStore();
    await store.write('m.json', new TextEncoder().encode('{"format": '));
    await expectRefusal(store, /is not JSON/);
    await store.write('m.json', new TextEncoder().encode('[]'));
    await expectRefusal(store, /is not a saved model of this library: got manifest/);
  });

  test.each<[string, (manifest: Manifest) => void, RegExp]>([
    ['another format', (m) => (m['format'] = 'keras'), /got format: /],
    ['a later version', (m) => (m['formatVersion'] = 2), /expected format .*, version 1/],
    ['an unknown entry', (m) => (m['script'] = 'x'), /is not a saved model/],
    ['weights elsewhere', (m) => (m.weights = '../secret.bin'), /got weights: /],
    ['an unknown dtype', (m) => (m.tensors[0]!.dtype = 'int8'), /got tensors.0.dtype: /],
    ['a negative size', (m) => (m.tensors[0]!.shape = [-3]), /got tensors.0.shape.0: /],
    ['a fractional offset', (m) => (m.tensors[0]!.offset = 0.5), /got tensors.0.offset: /],
    ['a size beyond the end', (m) => (m.tensors[1]!.shape = [2]), /"b" .* outside the weights/],
    ['an offset beyond the end', (m) => (m.tensors[0]!.offset = 16), /"a" .* got bytes 16 to 28/],
    ['an absurd size', (m) => (m.tensors[0]!.shape = [2 ** 40, 2 ** 40]), /outside the weights/],
  ])('a manifest with %s is refused', async (_, change, message) => {
    const store = await saved();
    await changeManifest(store, change);
    await expectRefusal(store, message);
  });
});
