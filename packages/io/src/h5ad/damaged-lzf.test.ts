import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import type { Matrix } from '@dance-ts/core';
import { DAMAGE_REMEDY } from '../hdf5/h5-errors.js';
import { openH5ad, readH5ad } from '../index.js';

/** Made by testing/fixtures/lzf-files.py. */
function fixture(name: string): Uint8Array {
  const url = new URL(`../testing/fixtures/${name}.h5ad`, import.meta.url);
  return new Uint8Array(readFileSync(url));
}

const PLAIN = fixture('lzf');
const CHECKED = fixture('lzf-checked');

/** The rows of X in both files. */
const ROWS = [
  '58010448',
  '04635801',
  '15020807',
  '00026125',
  '41400801',
  '00104044',
  '08020200',
  '80004040',
  '05010000',
  '00008023',
  '08022800',
  '00040340',
];

/** Rows of a matrix of digits. */
function rowsOf(matrix: Matrix): string[] {
  const { nRows, nCols, data } = matrix.kind === 'csr' ? matrix.toDense() : matrix;
  return Array.from({ length: nRows }, (_, i) => data.slice(i * nCols, (i + 1) * nCols).join(''));
}

describe.each([
  ['lzf', PLAIN],
  ['lzf-checked', CHECKED],
])('%s.h5ad', (_name, bytes) => {
  test('is read as a whole, from bytes and from a Blob', async () => {
    for (const source of [bytes, new Blob([new Uint8Array(bytes)])]) {
      const data = await readH5ad(source);
      expect(rowsOf(data.X)).toEqual(ROWS);
      expect(rowsOf(data.layers.get('dense') ?? data.X)).toEqual(ROWS);
      expect(data.layers.get('dense')?.kind).toBe('dense');
      expect(data.obsNames).toEqual(ROWS.map((_, i) => `cell_${i}`));
      expect(data.varNames[7]).toBe('gene_7');
    }
  });

  test('is read by rows', async () => {
    const file = await openH5ad(bytes);
    expect(file.obs.index[11]).toBe('cell_11');
    for (const layer of [undefined, 'dense']) {
      expect(rowsOf(await file.rows(4, 7, { layer }))).toEqual(ROWS.slice(4, 7));
      expect(rowsOf(await file.selectRows([11, 0, 5], { layer }))).toEqual(
        [11, 0, 5].map((i) => ROWS[i]!),
      );
      const blocks: string[] = [];
      for await (const { matrix } of file.blocks({ rows: 5, layer })) {
        blocks.push(...rowsOf(matrix));
      }
      expect(blocks).toEqual(ROWS);
    }
    file.close();
  });
});

/** The version-1 B-tree of a dataset's chunks. */
class Tree {
  readonly view: DataView;
  readonly bytes: Uint8Array;
  private readonly at: number;

  /** @param nChunks - by which the tree is known */
  constructor(
    readonly element: string,
    nChunks: number,
    private readonly rank: number,
  ) {
    this.bytes = PLAIN.slice();
    this.view = new DataView(this.bytes.buffer);
    [this.at = 0] = positions(PLAIN, 'TREE\x01\0').filter(
      (at) => this.view.getUint16(at + 6, true) === nChunks,
    );
  }

  /** Position of a field of the node: its level, its number of chunks. */
  field(name: 'type' | 'level' | 'count'): number {
    return this.at + { type: 4, level: 5, count: 6 }[name];
  }

  /** Position of what the tree says of a chunk. */
  of(chunk: number, name: 'size' | 'mask' | 'offset' | 'address'): number {
    const addressAt = 8 + 8 * (this.rank + 1);
    const entry = this.at + 24 + chunk * (addressAt + 8);
    return entry + { size: 0, mask: 4, offset: 8, address: addressAt }[name];
  }

  /** Position of a chunk. */
  chunk(i: number): number {
    return this.view.getUint32(this.of(i, 'address'), true);
  }

  /** Adds to a number of 4 bytes. */
  add(position: number, change: number): void {
    this.view.setUint32(position, this.view.getUint32(position, true) + change, true);
  }
}

function positions(bytes: Uint8Array, text: string): number[] {
  const content = new TextDecoder('latin1').decode(bytes);
  const found: number[] = [];
  for (let at = content.indexOf(text); at >= 0; at = content.indexOf(text, at + 1)) found.push(at);
  return found;
}

/** X/data: 17 chunks of 3 values, of which the second and the last are compressed. */
const data = (): Tree => new Tree('X/data', 17, 1);
/** layers/dense: 3 x 3 compressed chunks of 5 x 3 values. */
const dense = (): Tree => new Tree('layers/dense', 9, 2);

describe('a damaged file with LZF is refused:', () => {
  // The first chunk of layers/dense begins with 8 literal bytes and a copy of 3 bytes; the last
  // ends with 2 literal bytes.
  test.each<[string, Tree, string, (tree: Tree) => void]>([
    [
      'compressed bytes that are cut off',
      dense(),
      'of its chunk at [0, 0]: its LZF data end too early',
      (tree) => {
        tree.add(tree.of(0, 'size'), -1);
      },
    ],
    [
      'a copy from before the start',
      dense(),
      'of its chunk at [0, 0]: its LZF data refer to bytes before their start',
      (tree) => {
        tree.bytes[tree.chunk(0)] = 0x20;
      },
    ],
    [
      'a copy that is too long',
      dense(),
      'of its chunk at [0, 0]: its LZF data stand for more than 60 bytes',
      (tree) => {
        tree.bytes[tree.chunk(0) + 9] = 0xc0;
      },
    ],
    [
      'compressed bytes that lack a run',
      dense(),
      'of its chunk at [10, 6]: its LZF data stand for 58 bytes instead of 60',
      (tree) => {
        tree.add(tree.of(8, 'size'), -3);
      },
    ],
    [
      'compressed bytes too few for a chunk',
      data(),
      'of its chunk at [3]: its LZF data end too early',
      (tree) => {
        tree.view.setUint32(tree.of(1, 'size'), 1, true);
      },
    ],
    [
      'a compressed chunk that is said not to be one',
      data(),
      'of its chunk at [3]: it has 11 bytes instead of 12',
      (tree) => {
        tree.view.setUint32(tree.of(1, 'mask'), 1, true);
      },
    ],
    [
      'a chunk without filters that there are not',
      data(),
      'of its chunk at [0]: it leaves out filters that there are not',
      (tree) => {
        tree.view.setUint32(tree.of(0, 'mask'), 3, true);
      },
    ],
    [
      'a chunk beyond the end of the file',
      data(),
      '12 bytes of a chunk are said to lie at byte 1073741824 of the file',
      (tree) => {
        tree.view.setUint32(tree.of(0, 'address'), 2 ** 30, true);
      },
    ],
    [
      'a chunk of no bytes',
      data(),
      '0 bytes of a chunk are said to lie at byte 9437 of the file',
      (tree) => {
        tree.view.setUint32(tree.of(0, 'size'), 0, true);
      },
    ],
    [
      'two chunks at the same place',
      data(),
      'two of its chunks lie at byte 9437 of the file',
      (tree) => {
        tree.view.setUint32(tree.of(2, 'address'), tree.chunk(0), true);
      },
    ],
    [
      'a chunk that begins inside another',
      data(),
      'it has a chunk at [4], where none can be',
      (tree) => {
        tree.add(tree.of(1, 'offset'), 1);
      },
    ],
    [
      'a chunk outside of the dataset',
      dense(),
      'it has a chunk at [15, 6], where none can be',
      (tree) => {
        tree.view.setUint32(tree.of(8, 'offset'), 15, true);
      },
    ],
    [
      'a chunk that is listed twice',
      data(),
      'the tree of its chunks is not in order',
      (tree) => {
        tree.add(tree.of(1, 'offset'), 3);
      },
    ],
    [
      'an offset inside of a value',
      data(),
      'the tree of its chunks is damaged',
      (tree) => {
        tree.bytes[tree.of(0, 'offset') + 8] = 1;
      },
    ],
    [
      'a tree of names',
      data(),
      'the tree of its chunks is damaged',
      (tree) => {
        tree.bytes[tree.field('type')] = 0;
      },
    ],
    [
      'a tree whose leaf says it is none',
      data(),
      'its index has no "TREE" where it should',
      (tree) => {
        tree.bytes[tree.field('level')] = 1;
      },
    ],
    [
      'a chunk less than there are',
      data(),
      'the tree of its chunks lacks some of them',
      (tree) => {
        tree.bytes[tree.field('count')] = 16;
      },
    ],
    [
      'more chunks than there can be',
      data(),
      'the tree of its chunks is damaged',
      (tree) => {
        tree.bytes[tree.field('count')] = 18;
      },
    ],
    [
      'a tree that leads back to itself',
      data(),
      'the tree of its chunks has a loop',
      (tree) => {
        tree.bytes[tree.field('level')] = 1;
        const root = tree.field('type') - 4;
        for (let i = 0; i < 17; i++) tree.view.setUint32(tree.of(i, 'address'), root, true);
      },
    ],
  ])('%s', async (_what, tree, reason, damage) => {
    damage(tree);
    const error: unknown = await readH5ad(tree.bytes).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'FORMAT' });
    expect((error as Error).message).toBe(
      `the given bytes: ${tree.element} cannot be read (${reason}). ${DAMAGE_REMEDY}`,
    );
  });

  test('a text that is not where its place says', async () => {
    const bytes = PLAIN.slice();
    const view = new DataView(bytes.buffer);
    // Its place in its collection, references, a reserved number and its length come before it.
    const [name = 0] = positions(bytes, 'cell_0\0');
    view.setUint16(name - 16, 99, true);
    await expect(readH5ad(bytes)).rejects.toThrow(/one of its texts is not where it should be/);
  });

  test('an index with checksums, wherever it is changed', async () => {
    const places = ['FAHD', 'FADB', 'EAHD', 'EAIB', 'EADB'].flatMap((signature) =>
      positions(CHECKED, signature).flatMap((at) => [0, 5, 9, 17, 25].map((step) => at + step)),
    );
    expect(places.length).toBeGreaterThan(40);
    for (const place of places) {
      const bytes = CHECKED.slice();
      bytes[place]! ^= 4;
      await expect(readH5ad(bytes)).rejects.toMatchObject({
        code: 'FORMAT',
        message: expect.stringMatching(/cannot be read/) as unknown,
      });
    }
  });

  test('a chunk with a checksum, wherever it is changed', async () => {
    const data = await readH5ad(CHECKED);
    const expected = rowsOf(data.X);
    const header = positions(CHECKED, 'EAIB')[0]!;
    const view = new DataView(CHECKED.buffer);
    const [chunk, size] = [view.getUint32(header + 14, true), CHECKED[header + 22]!];
    expect(expected).toEqual(ROWS);
    for (let place = chunk; place < chunk + size; place++) {
      const bytes = CHECKED.slice();
      bytes[place]! ^= 16;
      await expect(readH5ad(bytes)).rejects.toMatchObject({ code: 'FORMAT' });
    }
  });
});
