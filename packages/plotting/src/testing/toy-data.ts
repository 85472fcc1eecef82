import {
  AnnData,
  categoricalColumn,
  CsrMatrix,
  DenseMatrix,
  numericColumn,
  Rng,
  Table,
} from '@dance-ts/core';

/**
 * `n` cells of three groups (A, B, C by turns; every tenth label is missing) around three places,
 * with four genes: g0 marks A, g1 marks B, g2 is everywhere 1 and g3 is not expressed.
 */
export function toyData(n = 60): AnnData {
  const rng = Rng.fromSeed(7);
  const group = Int32Array.from({ length: n }, (_, i) => i % 3);
  const codes = group.map((code, i) => (i % 10 === 9 ? -1 : code));
  const places = DenseMatrix.fromRows(
    Array.from(group, (code) => [4 * code + rng.normal() / 4, 2 * code + rng.normal() / 4]),
  );
  const X = CsrMatrix.fromDense(
    DenseMatrix.fromRows(
      Array.from(group, (code) => [code === 0 ? 4 : 0, code === 1 ? 2 : 0, 1, 0]),
    ),
  );
  const obs = new Table(
    Array.from({ length: n }, (_, i) => `cell${i}`),
    [
      ['group', categoricalColumn(codes, ['A', 'B', 'C'])],
      ['depth', numericColumn(Float64Array.from({ length: n }, (_, i) => (i === 4 ? NaN : i)))],
    ],
  );
  return new AnnData({
    X,
    obs,
    var: new Table(['g0', 'g1', 'g2', 'g3']),
    obsm: [
      ['X_umap', places],
      ['spatial', places],
    ],
  });
}
