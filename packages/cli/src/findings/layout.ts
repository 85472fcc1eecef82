import { umap } from '@dance-ts/analysis';
import { AnnData, DenseMatrix, Rng, Table, type RunOptions, type UnsValue } from '@dance-ts/core';
import { CellPca, Compose, HighlyVariableGenes } from '@dance-ts/transforms';

/** What a layout of the cells consists of. */
export interface Layout {
  /** [nCells, 2]; NaN for cells without a place. */
  readonly coordinates: DenseMatrix;
  /** What UMAP remembers of itself, for `uns`. */
  readonly parameters: UnsValue | undefined;
}

const N_GENES = 2000;
const N_COMPONENTS = 50;

/**
 * Places of cells by UMAP (15 neighbors, minimal distance 0.5, as scanpy).
 *
 * @param places - what distances are measured in, [nCells, n]; rows of NaN get no place
 * @throws DataError if there are too few cells; AbortError
 */
export async function layOut(
  places: DenseMatrix,
  { seed, ...run }: RunOptions & { readonly seed: number },
): Promise<Layout> {
  const rows = finiteRows(places);
  const cells = new AnnData({
    obs: Table.withGeneratedIndex(rows.length, 'cell'),
    var: new Table([]),
    obsm: [['places', places.selectRows(rows)]],
  });
  const found = await umap(cells, { useRep: 'places', seed, ...run });
  const coordinates = new DenseMatrix(
    places.nRows,
    found.nCols,
    new Float32Array(places.nRows * found.nCols).fill(NaN),
  );
  rows.forEach((row, i) => {
    coordinates.row(row).set(found.row(i));
  });
  return { coordinates, parameters: cells.uns.get('umap') };
}

/** Rows without a missing number. */
export function finiteRows(matrix: DenseMatrix): Int32Array {
  return Int32Array.from({ length: matrix.nRows }, (_, i) => i).filter((i) =>
    matrix.row(i).every(Number.isFinite),
  );
}

/**
 * 50 principal components of the 2,000 most variable genes, for models without an embedding.
 *
 * @param logs - log-normalized expression
 */
export async function principalComponents(
  logs: AnnData,
  { seed, signal, reporter }: RunOptions & { readonly seed: number },
): Promise<DenseMatrix> {
  const nTopGenes = Math.min(N_GENES, logs.nVars);
  const pipeline = new Compose([
    new HighlyVariableGenes({ flavor: 'seurat', nTopGenes, subset: true }),
    new CellPca({ nComponents: N_COMPONENTS }),
  ]);
  const rng = Rng.fromSeed(seed).fork('principal-components');
  const prepared = await pipeline.apply(logs, { rng, signal, reporter });
  return prepared.obsm.get('X_pca') as DenseMatrix;
}
