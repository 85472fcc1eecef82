import { FormatError, type AnnData } from '@dance-ts/core';
import { withH5File } from '../hdf5/h5-file.js';
import { H5Group } from '../hdf5/h5-node.js';
import { readInt32 } from '../hdf5/read-values.js';
import { readCompressed } from '../h5ad/read-matrix.js';
import type { ByteSource } from '../storage/byte-storage.js';
import { tenxData, type Features, type TenxOptions } from './features.js';
import { readTexts } from '../storage/stored-node.js';

/** Children that a group of a genome has in version 2 of the format. */
const V2_CHILDREN = ['barcodes', 'data', 'genes', 'gene_names', 'indices', 'indptr', 'shape'];

/**
 * Reads an .h5 file of 10x Genomics: version 2 (a group for each genome) or version 3 (the group
 * `matrix` with `features`). Genes x cells in compressed columns are cells x genes in rows: nothing
 * is moved or densified. The source is closed afterwards.
 *
 * @throws FormatError if it is neither, damaged or too large, or if it holds several genomes in
 * separate groups and the option `genome` names none of them
 */
export async function readTenxH5Source(
  source: ByteSource,
  options: TenxOptions = {},
): Promise<AnnData> {
  return withH5File(source, options, async (file) => {
    const root = new H5Group(file, '/');
    const matrix = root.find('matrix');
    if (matrix?.kind === 'group') {
      return readCounts(matrix, await readFeatures(matrix), options);
    }
    const group = chooseGenome(root, options.genome);
    return readCounts(group, await readGenes(group), options);
  });
}

function chooseGenome(root: H5Group, genome: string | undefined): H5Group {
  const genomes = root.keys().flatMap((name) => {
    const child = root.find(name);
    const isGenome =
      child?.kind === 'group' && V2_CHILDREN.every((required) => child.has(required));
    return isGenome ? [{ name, child }] : [];
  });
  const names = genomes.map(({ name }) => name).join(', ');
  const [first, ...others] = genomes;
  if (first === undefined) {
    throw root.invalid('holds no counts in the way of 10x Genomics', {
      got: root.keys().slice(0, 12).join(', ') || 'nothing',
      expected: 'matrix, or a group for each genome',
      remedy: 'Use readDataset, which recognizes other formats.',
    });
  }
  if (genome === undefined && others.length === 0) return first.child;
  const chosen = genomes.find(({ name }) => name === genome);
  if (chosen !== undefined) return chosen.child;
  throw new FormatError(
    genome === undefined
      ? `${root.file.name} holds several genomes`
      : `${root.file.name} does not hold the genome "${genome}"`,
    { got: names, expected: 'one of them as the option "genome"' },
  );
}

async function readGenes(group: H5Group): Promise<Features> {
  const symbols = await readTexts(group.dataset('gene_names'));
  return {
    ids: await readTexts(group.dataset('genes')),
    symbols,
    genomes: symbols.map(() => group.label),
  };
}

async function readFeatures(matrix: H5Group): Promise<Features> {
  const features = matrix.get('features');
  if (features.kind !== 'group') throw features.invalid('is a dataset', { expected: 'a group' });
  const optional = async (name: string): Promise<readonly string[] | undefined> =>
    features.has(name) ? readTexts(features.dataset(name)) : undefined;
  return {
    ids: await readTexts(features.dataset('id')),
    symbols: await readTexts(features.dataset('name')),
    types: await optional('feature_type'),
    genomes: await optional('genome'),
  };
}

async function readCounts(
  group: H5Group,
  features: Features,
  options: TenxOptions,
): Promise<AnnData> {
  const cells = await readTexts(group.dataset('barcodes'));
  const [nGenes, nCells] = await readInt32(group.dataset('shape'));
  const { ids, symbols, types, genomes } = features;
  const lists = [ids, symbols, types ?? ids, genomes ?? ids];
  if (cells.length !== nCells || lists.some((list) => list.length !== nGenes)) {
    throw group.invalid('has lists of names that do not fit its "shape"', {
      got: `${lists.map((list) => list.length).join(', ')} features, ${cells.length} barcodes`,
      expected: `${nGenes ?? 'a number of'} features, ${nCells ?? 'a number of'} barcodes`,
    });
  }
  const counts = await readCompressed(group, cells.length, ids.length);
  return tenxData(group.file.name, counts, cells, features, options);
}
