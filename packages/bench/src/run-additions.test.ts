import { describe, expect, test } from '@jest/globals';
import { AnnData, DenseMatrix, numericColumn, type UnsValue } from '@dance-ts/core';
import { watchAdditions } from './run-additions.js';

function data(): AnnData {
  const made = AnnData.fromMatrix(
    DenseMatrix.fromRows([
      [1, 0],
      [2, 3],
    ]),
  );
  made.obs.set('batch', numericColumn(Int32Array.of(1, 2)));
  made.obsm.set('X_pca', DenseMatrix.zeros(2, 2));
  made.uns.set('title', 'cells');
  made.uns.set('dance', new Map<string, UnsValue>([['old-run', new Map([['seed', 1]])]]));
  made.uns.set('rank_genes_groups', new Map<string, UnsValue>([['pts', Float32Array.of(1)]]));
  return made;
}

describe('watchAdditions', () => {
  test('nothing was added', () => {
    expect(watchAdditions(data())()).toEqual({ obs: [], var: [], layers: [], obsm: [], uns: [] });
  });

  test('what was added or replaced, and nothing else', () => {
    const cells = data();
    const additions = watchAdditions(cells);
    const [label, gene] = [numericColumn(Int32Array.of(0, 1)), numericColumn(Int32Array.of(5, 6))];
    const [embedding, layer] = [DenseMatrix.zeros(2, 1), DenseMatrix.zeros(2, 2)];
    cells.obs.set('label', label);
    cells.var.set('gene', gene);
    cells.layers.set('imputed', layer);
    cells.obsm.set('X_pca', embedding);
    expect(additions()).toEqual({
      obs: [['label', label]],
      var: [['gene', gene]],
      layers: [['imputed', layer]],
      obsm: [['X_pca', embedding]],
      uns: [],
    });
  });

  test('a new entry of a dictionary leaves its neighbors out, a new dictionary is whole', () => {
    const cells = data();
    const additions = watchAdditions(cells);
    const run = new Map([['seed', 2]]);
    (cells.uns.get('dance') as Map<string, UnsValue>).set('new-run', run);
    const ranked = new Map([['names', ['a']]]);
    cells.uns.set('rank_genes_groups', ranked);
    expect(additions().uns).toEqual([
      [['dance', 'new-run'], run],
      [['rank_genes_groups'], ranked],
    ]);
  });
});
