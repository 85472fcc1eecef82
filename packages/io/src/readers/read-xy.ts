import {
  AnnData,
  asCategorical,
  categoricalColumn,
  compareText,
  Table,
  type CategoricalColumn,
  type Column,
  type Matrix,
} from '@dance-ts/core';
import { withH5File, type H5ReadOptions } from '../hdf5/h5-file.js';
import { H5Group, type H5Node } from '../hdf5/h5-node.js';
import { readArray, readInt32 } from '../hdf5/read-values.js';
import { toColumn } from '../h5ad/read-column.js';
import { readCompressed } from '../h5ad/read-matrix.js';
import type { ByteSource } from '../storage/byte-storage.js';
import { readDenseAsCsr } from './dense-to-csr.js';
import { readTexts } from '../storage/stored-node.js';

/** Column of obs that holds the labels. */
const LABEL_KEY = 'cell_type';

/**
 * Reads an HDF5 file of one of two kinds that benchmark data sets of clustering come in:
 *
 * - dense `X` (cells x genes) and, if there are labels, `Y`: the files of scDeepCluster, scDCC and
 *   DANCE; cells and genes get generated names;
 * - `exprs` (dense or CSR), `obs_names`, `var_names` and columns under `obs`, of which `cell_type1`
 *   holds the labels: the files of scziDesk.
 *
 * Labels become the categorical `obs["cell_type"]`. X becomes CSR, block by block.
 *
 * @throws FormatError if the file is of neither kind, damaged or too large
 */
export async function readXySource(
  source: ByteSource,
  options: H5ReadOptions = {},
): Promise<AnnData> {
  return withH5File(source, options, async (file) => {
    const root = new H5Group(file, '/');
    if (root.has('exprs')) return readExprs(root);
    if (root.has('X')) return readXy(root);
    throw root.invalid('is no benchmark data set', {
      got: root.keys().slice(0, 12).join(', ') || 'nothing',
      expected: 'X and Y, or exprs and obs',
    });
  });
}

async function readXy(root: H5Group): Promise<AnnData> {
  const data = AnnData.fromMatrix(await readDenseAsCsr(root.dataset('X')));
  const labels = root.find('Y');
  if (labels === undefined) return data;
  if (labels.kind !== 'dataset' || labels.length !== data.nObs) {
    throw labels.invalid('does not label the cells', {
      got: labels.kind === 'dataset' ? `${labels.length} values` : 'a group',
      expected: String(data.nObs),
    });
  }
  data.obs.set(LABEL_KEY, labelColumn(toColumn(labels, await readArray(labels))));
  return data;
}

async function readExprs(root: H5Group): Promise<AnnData> {
  const exprs = root.get('exprs');
  const X = await (exprs.kind === 'dataset' ? readDenseAsCsr(exprs) : readExprsCsr(exprs));
  const obs = new Table(
    await readTexts(root.dataset('obs_names')),
    await readColumns(root.find('obs'), X.nRows),
  );
  const variables = new Table(
    await readTexts(root.dataset('var_names')),
    await readColumns(root.find('var'), X.nCols),
  );
  const labels = obs.find('cell_type1');
  if (labels !== undefined) obs.set(LABEL_KEY, labelColumn(labels));
  return new AnnData({ X, obs, var: variables });
}

async function readExprsCsr(group: H5Group): Promise<Matrix> {
  const shape = await readInt32(group.dataset('shape'));
  return readCompressed(group, shape[0] ?? 0, shape[1] ?? 0);
}

/** The one-dimensional datasets of a group that have the length of the axis. */
async function readColumns(group: H5Node | undefined, length: number): Promise<[string, Column][]> {
  const columns: [string, Column][] = [];
  if (group?.kind !== 'group') return columns;
  for (const name of group.keys()) {
    const node = group.get(name);
    if (node.kind !== 'dataset' || node.shape?.length !== 1 || node.length !== length) continue;
    columns.push([name, toColumn(node, await readArray(node))]);
  }
  return columns;
}

/** Labels as texts; whole numbers are written without a decimal point. */
function labelColumn(labels: Column): CategoricalColumn {
  const { codes, categories } = asCategorical(labels);
  const texts = categories.map(String);
  const sorted = [...texts].sort(compareText);
  const position = texts.map((text) => sorted.indexOf(text));
  return categoricalColumn(
    codes.map((code) => (code < 0 ? -1 : position[code]!)),
    sorted,
  );
}
