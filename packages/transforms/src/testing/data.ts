import { AnnData, CsrMatrix, DenseMatrix, Rng, type Matrix } from '@dance-ts/core';
import type { TransformContext } from '../transform.js';

/** Context with a fixed seed that collects messages. */
export function testContext(seed = 0): TransformContext & { readonly messages: string[] } {
  const messages: string[] = [];
  const reporter = {
    progress: () => undefined,
    message: (level: string, text: string) => {
      messages.push(`${level}: ${text}`);
    },
  };
  return { rng: Rng.fromSeed(seed), reporter, messages };
}

/** Dense and sparse data of the same rows. */
export function bothKinds(rows: readonly ArrayLike<number>[]): readonly [string, AnnData][] {
  const dense = DenseMatrix.fromRows(rows);
  return [
    ['dense', AnnData.fromMatrix(dense)],
    ['sparse', AnnData.fromMatrix(CsrMatrix.fromDense(dense))],
  ];
}

/** Sparse Poisson counts whose genes have means from 0.05 to 5. */
export function randomCounts(nObs: number, nVars: number, seed = 1): CsrMatrix {
  const rng = Rng.fromSeed(seed).fork('counts');
  const dense = DenseMatrix.zeros(nObs, nVars);
  for (let i = 0; i < nObs; i++) {
    for (let j = 0; j < nVars; j++) {
      dense.data[i * nVars + j] = rng.poisson(0.05 * 100 ** (j / Math.max(1, nVars - 1)));
    }
  }
  return CsrMatrix.fromDense(dense);
}

/** Everything of the data that a transform could have changed, for comparisons. */
export function snapshot(data: AnnData): unknown {
  return structuredClone({
    X: contents(data.X),
    obs: [...data.obs.entries()],
    var: [...data.var.entries()],
    keys: [data.obsm, data.varm, data.obsp, data.varp, data.layers, data.uns].map((map) => [
      ...map.keys(),
    ]),
    splits: data.splits,
    channels: data.channels,
  });
}

/** Rows of a matrix as plain numbers. */
export function rowsOf(matrix: Matrix): number[][] {
  const dense = matrix.toDense();
  return Array.from({ length: dense.nRows }, (_, i) => Array.from(dense.row(i)));
}

function contents(matrix: Matrix): unknown {
  return matrix.kind === 'dense' ? matrix.data : [matrix.indptr, matrix.indices, matrix.data];
}
