import { readFileSync } from 'node:fs';
import { FormatError } from '@dance-ts/core';
import { describe, expect, test } from '@jest/globals';
import { PickleArray, PickleObject, PickleTuple, type PickleValue } from './pickle-values.js';
import { readPickle } from './read-pickle.js';

/** Pickles in base64, made by testing/fixtures/pickles.py with NumPy 1.24 (old) and 2.4 (new). */
const {
  old,
  new: recent,
  hostile,
} = JSON.parse(
  readFileSync(new URL('../testing/fixtures/pickles.json', import.meta.url), 'utf8'),
) as Record<'old' | 'new' | 'hostile', Record<string, string>>;

const bytesOf = (base64: string): Uint8Array => Buffer.from(base64, 'base64');
const bytes = (...parts: (number | string)[]): Uint8Array =>
  Buffer.concat(parts.map((part) => Buffer.from(typeof part === 'string' ? part : [part])));

const written = [
  ...Object.entries(old).map(
    ([protocol, text]) => [`NumPy 1, protocol ${protocol}`, text] as const,
  ),
  ...Object.entries(recent).map(
    ([protocol, text]) => [`NumPy 2, protocol ${protocol}`, text] as const,
  ),
];

describe.each(written)('values of %s', (_, text) => {
  const values = readPickle(bytesOf(text)) as Map<string, PickleValue>;
  const arrayOf = (name: string): PickleArray => {
    const array = values.get(name);
    if (array instanceof PickleArray) return array;
    throw new Error(`${name} is no array`);
  };

  test('plain ones', () => {
    expect(values.get('none')).toBeNull();
    expect(values.get('truth')).toEqual([true, false]);
    expect(values.get('ints')).toEqual([
      ...[0, -1, 255, 65535, -(2 ** 31), 2 ** 31],
      ...[2n ** 53n, -(2n ** 70n)],
    ]);
    expect(values.get('floats')).toEqual([0.5, -1e300]);
    expect(values.get('text')).toBe('café ☃ 😀');
    expect(values.get('long')).toBe('x'.repeat(300));
    expect([...(values.get('bytes') as Uint8Array)]).toEqual([0, 255]);
  });

  test('containers', () => {
    expect(values.get('tuple')).toEqual(
      new PickleTuple([1, new PickleTuple([2, 3]), new PickleTuple([1, 2, 3, 4])]),
    );
    expect(values.get('set')).toEqual(new Set([1]));
    expect(values.get('frozen')).toEqual(new Set([2]));
    expect(values.get('ordered')).toEqual(new Map([['a', 1]]));
    const [first, second] = values.get('shared') as PickleValue[];
    expect(first).toEqual([1]);
    expect(second).toBe(first);
  });

  test.each<[string, number[], ArrayLike<unknown>]>([
    ['f8', [2, 3], Float64Array.of(0, 1, 2, 3, 4, 5)],
    ['fortran', [2, 3], Float64Array.of(0, 1, 2, 3, 4, 5)],
    ['f4', [2], Float32Array.of(1.5, 2)],
    ['i8', [2], Float64Array.of(-1, 2 ** 40)],
    ['i4', [2], Int32Array.of(-5, 7)],
    ['u2', [2], Uint16Array.of(1, 65535)],
    ['bool', [2], Uint8Array.of(1, 0)],
    ['big', [2], Float64Array.of(1.25, -2)],
    ['U', [2], ['NK cell', 'αβ']],
    ['O', [3], ['g1', null, 3]],
    ['O2', [2, 2], ['a', 'b', 'c', 'd']],
    ['empty', [0], new Float64Array(0)],
  ])('array %s', (name, shape, data) => {
    expect(arrayOf(name).shape).toEqual(shape);
    expect(arrayOf(name).data).toEqual(data);
  });

  test('NumPy scalars', () => {
    expect(values.get('scalars')).toEqual([2.5, 7, 'abc', true]);
  });
});

describe('names', () => {
  test.each(Object.entries(hostile))('%s is refused by name', (name, text) => {
    const [global = '', protocol = ''] = name.split(', protocol ');
    // Protocol 2 keeps the name that Python 2 had for its builtins.
    const expected = protocol === '2' ? global.replace('builtins', '__builtin__') : global;
    expect(() => readPickle(bytesOf(text))).toThrow(FormatError);
    expect(() => readPickle(bytesOf(text))).toThrow(`got ${expected}, `);
  });

  // class Thing, state {'x': 1}; protocol 2
  const THING = bytes(
    0x80,
    2,
    'cmod\nThing\n',
    ')',
    0x81,
    '}',
    'X',
    1,
    0,
    0,
    0,
    'x',
    'K',
    1,
    's',
    'b.',
  );

  test('classes that are allowed become their attributes', () => {
    const thing = readPickle(THING, { classes: ['mod.Thing'] }) as PickleObject;
    expect(thing).toBeInstanceOf(PickleObject);
    expect(thing.className).toBe('mod.Thing');
    expect(thing.attribute('x')).toBe(1);
    expect(thing.attribute('constructor')).toBeUndefined();
  });

  test('others are refused', () => {
    expect(() => readPickle(THING)).toThrow(/got mod\.Thing/);
    expect(() => readPickle(THING, { classes: ['mod.Other'] })).toThrow(FormatError);
  });

  test('persistent identifiers, extensions and instances by name are refused', () => {
    for (const opcode of ['Q', 'P', 'i', 'o', '\x82', '\x92', '\x97']) {
      const code = opcode.charCodeAt(0);
      expect(() => readPickle(bytes(0x80, 2, code, 'a\nb\n.'))).toThrow(FormatError);
    }
  });
});

describe('damaged files', () => {
  test('every truncation and a flip of any byte give a value or a FormatError', () => {
    const whole = bytesOf(old['4'] ?? '');
    for (let end = 0; end < whole.length; end += 7) {
      expect(() => readPickle(whole.subarray(0, end))).toThrow(FormatError);
    }
    let refused = 0;
    for (let at = 0; at < whole.length; at++) {
      const broken = Uint8Array.from(whole);
      broken[at]! ^= 0x15;
      try {
        readPickle(broken);
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError);
        refused += 1;
      }
    }
    expect(refused).toBeGreaterThan(whole.length / 4);
  });

  test.each<[string, Uint8Array]>([
    ['an unknown protocol', bytes(0x80, 9, 'N.')],
    ['text', bytes('hello world')],
    ['nothing on the stack', bytes(0x80, 2, '.')],
    ['a list without start', bytes(0x80, 2, ']e.')],
    ['a reference to nothing', bytes(0x80, 2, 'h', 7, '.')],
    ['half a dictionary entry', bytes(0x80, 2, '}', '(', 'K', 1, 'u.')],
    ['a number of a gigabyte', bytes(0x80, 2, 0x8b, 0, 0, 0, 64, '.')],
  ])('%s is refused', (_, broken) => {
    expect(() => readPickle(broken)).toThrow(FormatError);
  });

  test('limits hold for the file and for what it unfolds to', () => {
    const whole = bytesOf(old['4'] ?? '');
    expect(() => readPickle(whole, { maxBytes: 100 })).toThrow(/too large: got \d+ bytes/);
    // bytearray(b'xxxx') ten times of the same bytes
    const source = ['c__builtin__\nbytearray\n', 'q', 0, '0', 'C', 4, 'xxxx', 'q', 1, '0'];
    const once = ['h', 0, 'h', 1, 0x85, 'R'];
    const many = bytes(0x80, 2, ...source, ...Array<typeof once>(60).fill(once).flat(), '.');
    expect(() => readPickle(many, { maxBytes: many.length })).not.toThrow();
    const larger = bytes(
      0x80,
      2,
      ...source.slice(0, 4),
      'B',
      0,
      1,
      0,
      0,
      'x'.repeat(256),
      'q',
      1,
      '0',
      ...Array<typeof once>(60).fill(once).flat(),
      '.',
    );
    expect(() => readPickle(larger, { maxBytes: larger.length })).toThrow(/unfolds to more/);
  });
});
