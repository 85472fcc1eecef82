import {
  AnnData,
  CsrMatrix,
  DenseMatrix,
  defaultReporter,
  Table,
  type Column,
  type Matrix,
  type Reporter,
} from '@dance-ts/core';
import { UnsupportedElementError } from '../hdf5/h5-errors.js';
import { withH5File, type H5ReadOptions } from '../hdf5/h5-file.js';
import { H5Group, type H5Dataset } from '../hdf5/h5-node.js';
import { readArray, readFloat32, readInt32 } from '../hdf5/read-values.js';
import { toColumn } from '../h5ad/read-column.js';
import { readDenseAsCsr } from '../readers/dense-to-csr.js';
import type { ByteSource } from '../storage/byte-storage.js';
import { readTexts } from '../storage/stored-node.js';

/** Options of the reader of .loom files. */
export interface LoomOptions extends H5ReadOptions {
  /** Column attribute that names the cells; default the first there is of the usual ones. */
  readonly obsNamesKey?: string | undefined;
  /** Row attribute that names the genes; default the first there is of the usual ones. */
  readonly varNamesKey?: string | undefined;
  /** Names of the layers to read; all of them unless given, none with []. */
  readonly layers?: readonly string[] | undefined;
  /** Receives a warning for each attribute that cannot be held and is left out. */
  readonly reporter?: Reporter | undefined;
}

const OBS_NAMES = ['CellID', 'obs_names', 'Cell', 'cell_id', 'barcode', 'barcodes'];
const VAR_NAMES = ['Gene', 'var_names', 'gene_names', 'GeneName', 'Accession'];

/** One side of the matrix: its names, columns and matrices. */
interface Axis {
  readonly table: Table;
  readonly matrices: readonly [string, DenseMatrix][];
  readonly graphs: readonly [string, Matrix][];
}

/**
 * Reads a .loom file: `matrix` and `layers` (genes x cells) become X and layers (cells x genes, CSR,
 * read block by block), column attributes obs, row attributes var; attributes with columns of their
 * own become obsm or varm, and graphs obsp or varp. Global attributes are not kept. The source is
 * closed afterwards.
 *
 * @throws FormatError if it is no .loom file, damaged or too large
 */
export async function readLoomSource(
  source: ByteSource,
  options: LoomOptions = {},
): Promise<AnnData> {
  return withH5File(source, options, async (file) => {
    const root = new H5Group(file, '/');
    const reporter = options.reporter ?? defaultReporter();
    const [nGenes, nCells] = root.dataset('matrix').shape ?? [];
    const obs = await readAxis(root, 'col', nCells ?? 0, options.obsNamesKey, reporter);
    const variables = await readAxis(root, 'row', nGenes ?? 0, options.varNamesKey, reporter);
    const layers: [string, CsrMatrix][] = [];
    const group = root.find('layers');
    for (const name of group?.kind === 'group' ? group.keys() : []) {
      if (group?.kind !== 'group' || options.layers?.includes(name) === false) continue;
      layers.push([name, await readMatrix(group.dataset(name), root)]);
    }
    return new AnnData({
      X: await readMatrix(root.dataset('matrix'), root),
      obs: obs.table,
      var: variables.table,
      obsm: obs.matrices,
      varm: variables.matrices,
      obsp: obs.graphs,
      varp: variables.graphs,
      layers,
    });
  });
}

async function readMatrix(dataset: H5Dataset, root: H5Group): Promise<CsrMatrix> {
  const expected = root.dataset('matrix').shape?.join(' x ');
  if (dataset.shape?.join(' x ') !== expected) {
    throw dataset.invalid('does not have the shape of the matrix', {
      got: dataset.shape?.join(' x ') ?? 'nothing',
      expected: expected ?? 'nothing',
    });
  }
  const genes = await readDenseAsCsr(dataset);
  dataset.file.claim(8 * genes.nnz + 4 * genes.nCols, dataset.label);
  return genes.transpose();
}

async function readAxis(
  root: H5Group,
  side: 'row' | 'col',
  length: number,
  nameKey: string | undefined,
  reporter: Reporter,
): Promise<Axis> {
  const group = root.get(`${side}_attrs`);
  if (group.kind !== 'group') throw group.invalid('is a dataset', { expected: 'a group' });
  const columns: [string, Column][] = [];
  const matrices: [string, DenseMatrix][] = [];
  const key = nameKey ?? (side === 'col' ? OBS_NAMES : VAR_NAMES).find((name) => group.has(name));
  for (const name of group.keys()) {
    if (name === key) continue;
    await orWarn(reporter, async () => {
      const dataset = group.dataset(name);
      assertLength(dataset, length);
      const nColumns = dataset.shape?.[1];
      if (nColumns === undefined) {
        columns.push([name, toColumn(dataset, await readArray(dataset))]);
      } else if (dataset.shape?.length === 2 && dataset.type.kind !== 'string') {
        matrices.push([name, new DenseMatrix(length, nColumns, await readFloat32(dataset))]);
      } else {
        throw new UnsupportedElementError(`${dataset.file.name}: ${dataset.label} is no column`);
      }
    });
  }
  const names = key === undefined ? undefined : await readNames(group.dataset(key), length);
  const index = names ?? Table.withGeneratedIndex(length, side === 'col' ? 'cell' : 'gene').index;
  return {
    table: new Table(index, columns),
    matrices,
    graphs: await readGraphs(root, side, length),
  };
}

async function readNames(dataset: H5Dataset, length: number): Promise<string[]> {
  assertLength(dataset, length);
  return readTexts(dataset);
}

/** Graphs are lists of edges: ends `a` and `b`, weights `w`. */
async function readGraphs(
  root: H5Group,
  side: 'row' | 'col',
  length: number,
): Promise<[string, Matrix][]> {
  const group = root.find(`${side}_graphs`);
  if (group?.kind !== 'group') return [];
  const graphs: [string, Matrix][] = [];
  for (const name of group.keys()) {
    const graph = group.get(name);
    if (graph.kind !== 'group') throw graph.invalid('is a dataset', { expected: 'a group' });
    const from = await readInt32(graph.dataset('a'));
    const to = await readInt32(graph.dataset('b'));
    const weights = await readFloat32(graph.dataset('w'));
    const isValid =
      from.length === weights.length &&
      to.length === weights.length &&
      [from, to].every((ends) => ends.every((end) => end >= 0 && end < length));
    if (!isValid) {
      throw graph.invalid('is no valid list of edges', {
        expected: `a, b and w of one length, with ends below ${length}`,
      });
    }
    graphs.push([name, CsrMatrix.fromTriplets(length, length, from, to, weights)]);
  }
  return graphs;
}

async function orWarn(reporter: Reporter, read: () => Promise<void>): Promise<void> {
  try {
    await read();
  } catch (error) {
    if (!(error instanceof UnsupportedElementError)) throw error;
    reporter.message('warning', `left out: ${error.message}`);
  }
}

function assertLength(dataset: H5Dataset, length: number): void {
  if (dataset.shape?.[0] === length) return;
  throw dataset.invalid('does not fit the matrix', {
    got: `${dataset.shape?.[0] ?? 'no'} values`,
    expected: String(length),
  });
}
