import { AnnData, CsrMatrix, DenseMatrix, Rng, toCsr, type Matrix } from '@dance-ts/core';
import { simulateSingleCell } from '@dance-ts/datasets';

/** Column of the true groups. */
export const TRUTH = 'cell_type';

/** 72 cells x 90 genes in three well separated groups. */
export async function easyData(): Promise<AnnData> {
  return simulateSingleCell({
    nCells: 72,
    nGenes: 90,
    groupProbabilities: [0.4, 0.35, 0.25],
    deProbability: 0.4,
    deFacLoc: 1.2,
    libLoc: 7,
    seed: 11,
  });
}

/** The same data around another matrix. */
export function withMatrix(data: AnnData, X: Matrix): AnnData {
  return new AnnData({ X, obs: data.obs.copy(), var: data.var.copy() });
}

/** The same counts in a dense matrix. */
export function densified(data: AnnData): AnnData {
  return withMatrix(data, data.X.toDense());
}

/** A copy with one value replaced. */
export function withValue(data: AnnData, value: number): AnnData {
  const X = toCsr(data.X).copy();
  X.data[5] = value;
  return withMatrix(data, X);
}

/** Random counts of any small shape, for degenerate inputs. */
export function randomCounts(nCells: number, nGenes: number): AnnData {
  const rng = Rng.fromSeed(3);
  const data = Float32Array.from({ length: nCells * nGenes }, () => rng.poisson(2));
  return AnnData.fromMatrix(CsrMatrix.fromDense(new DenseMatrix(nCells, nGenes, data)));
}

/** A number for each part of the data that a model might change by mistake. */
export function fingerprint(data: AnnData): string {
  const X = toCsr(data.X);
  return JSON.stringify([
    [...X.indptr],
    [...X.indices],
    [...X.data],
    data.obsNames,
    data.varNames,
    data.obs.columnNames,
    data.var.columnNames,
    [...data.obsm.keys()],
    [...data.layers.keys()],
    [...data.uns.keys()],
    data.channels,
  ]);
}
