import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { consensusOfCells } from './consensus-cell.js';

const folder = mkdtempSync(join(tmpdir(), 'dance-consensus-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function finished(hash: string, labels: string | null): string {
  writeFileSync(join(folder, `${hash}.json`), JSON.stringify({ labels }));
  return hash;
}

const OPTIONS = { folder, nClusters: 2, seed: 0 };

describe('the consensus of cells', () => {
  test('is read from their results', async () => {
    const members = [
      finished('a', '00001111'),
      finished('b', '22220000'),
      finished('c', '00011111'),
    ];
    const [first, , , fourth, ...rest] = await consensusOfCells(members, OPTIONS);
    expect(fourth).toBe(first);
    expect(rest.every((label) => label === rest[0] && label !== first)).toBe(true);
  });

  test.each([
    ['a cell that has not finished', 'none'],
    ['a result without clusters', finished('old', null)],
  ])('%s: named', async (_, hash) => {
    await expect(consensusOfCells([hash], OPTIONS)).rejects.toThrow(
      `${hash}.json holds no clusters`,
    );
  });
});
