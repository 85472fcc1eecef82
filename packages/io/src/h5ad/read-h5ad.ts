import {
  AnnData,
  DataError,
  defaultReporter,
  type Aligned,
  type AnnDataParts,
  type Matrix,
  type RawData,
  type Reporter,
  type Table,
  type UnsDict,
  type UnsValue,
} from '@dance-ts/core';
import { withH5File, type H5ReadOptions } from '../hdf5/h5-file.js';
import { H5Group } from '../hdf5/h5-node.js';
import type { ByteSource } from '../storage/byte-storage.js';
import { identify, type ReadContext } from './element.js';
import { ENCODINGS } from './encodings.js';
import { attachCategories, CATEGORIES_SUFFIX, readCompoundMatrices } from './legacy-frames.js';
import { readAligned, readElement, readMapping } from './read-element.js';
import { readDict } from './read-uns.js';
import type { StoredGroup, StoredNode } from '../storage/stored-node.js';

/** Options of {@link readH5ad}. */
export interface ReadH5adOptions extends H5ReadOptions {
  /** Names of the layers to read; all of them unless given, none with []. */
  readonly layers?: readonly string[] | undefined;
  /** Receives a warning for each element that cannot be held and is left out. */
  readonly reporter?: Reporter | undefined;
}

/**
 * Reads annotated data from the bytes of an .h5ad file, which are closed afterwards.
 *
 * Files of every anndata since 0.5 are understood. Matrices become Float32, and CSC becomes CSR.
 *
 * @throws FormatError if the file is not .h5ad, damaged, larger than the memory budget, or
 * uses filters or links that cannot be followed
 */
export async function readH5adSource(
  source: ByteSource,
  options: ReadH5adOptions = {},
): Promise<AnnData> {
  return withH5File(source, options, (file) => readH5adGroup(new H5Group(file, '/'), options));
}

/** Reads annotated data from a group of an open file or store, usually its root. */
export async function readH5adGroup(
  root: StoredGroup,
  options: ReadH5adOptions = {},
): Promise<AnnData> {
  const context = readContext(options.reporter);
  const axes = await readAxes(context, root);
  const readMatrix = (node: StoredNode): Promise<Matrix> => readElement(context, node, 'matrix');
  const X = await readX(context, root);
  const mapping = <T>(
    name: string,
    read: (node: StoredNode) => Promise<T>,
    wanted?: (key: string) => boolean,
  ): Promise<[string, T][]> => readChildren(context, root, name, read, wanted);
  const { layers: wantedLayers } = options;
  const parts: AnnDataParts = {
    X,
    ...axes,
    layers: await mapping(
      'layers',
      readMatrix,
      (name) => wantedLayers === undefined || wantedLayers.includes(name),
    ),
    obsm: await readAlignedMapping(context, root, 'obsm'),
    varm: await readAlignedMapping(context, root, 'varm'),
    obsp: await mapping('obsp', readMatrix),
    varp: await mapping('varp', readMatrix),
    raw: await readRaw(context, root),
  };
  return assemble(root, parts);
}

/** Context with every known encoding. */
export function readContext(reporter: Reporter = defaultReporter()): ReadContext {
  return { reporter, encodings: ENCODINGS };
}

/** obs, var and uns, which in old files holds categories of the other two. */
export async function readAxes(
  context: ReadContext,
  root: StoredGroup,
): Promise<{ obs: Table; var: Table; uns: UnsDict }> {
  const isMuData = root.text('encoding-type') === 'MuData';
  if (isMuData || !root.has('obs') || !root.has('var')) throw notH5ad(root, isMuData);
  const unsNode = root.find('uns');
  const uns: UnsDict =
    unsNode?.kind === 'group' ? await readDict(context, unsNode) : new Map<string, UnsValue>();
  const moved = new Set<string>();
  const readAxis = async (name: string): Promise<Table> => {
    const node = root.get(name);
    const table = await readElement(context, node, 'table');
    if (node.kind === 'dataset') {
      for (const column of attachCategories(table, uns)) moved.add(column);
    }
    return table;
  };
  const axes = { obs: await readAxis('obs'), var: await readAxis('var') };
  for (const column of moved) uns.delete(column + CATEGORIES_SUFFIX);
  return { ...axes, uns };
}

async function readX(context: ReadContext, root: StoredGroup): Promise<Matrix | undefined> {
  const node = root.find('X');
  if (node === undefined || identify(node).type === 'null') return undefined;
  return readElement(context, node, 'matrix');
}

async function readChildren<T>(
  context: ReadContext,
  parent: StoredGroup,
  name: string,
  read: (node: StoredNode) => Promise<T>,
  wanted?: (key: string) => boolean,
): Promise<[string, T][]> {
  const node = parent.find(name);
  if (node === undefined) return [];
  if (node.kind !== 'group') throw node.invalid('is a dataset', { expected: 'a group' });
  return readMapping(context, node, read, wanted);
}

async function readAlignedMapping(
  context: ReadContext,
  parent: StoredGroup,
  name: string,
): Promise<[string, Aligned][]> {
  const node = parent.find(name);
  if (node?.kind === 'dataset') return readCompoundMatrices(node);
  return readChildren(context, parent, name, (child) => readAligned(context, child));
}

/** The raw slot: a group, or before anndata 0.7 children of the root named `raw.X` and so on. */
async function readRaw(context: ReadContext, root: StoredGroup): Promise<RawData | undefined> {
  const group = root.find('raw');
  if (group?.kind === 'group') {
    return {
      X: await readElement(context, group.get('X'), 'matrix'),
      var: await readElement(context, group.get('var'), 'table'),
      varm: new Map(await readAlignedMapping(context, group, 'varm')),
    };
  }
  const X = root.find('raw.X');
  if (X === undefined) return undefined;
  return {
    X: await readElement(context, X, 'matrix'),
    var: await readElement(context, root.get('raw.var'), 'table'),
    varm: new Map(await readAlignedMapping(context, root, 'raw.varm')),
  };
}

function assemble(root: StoredGroup, parts: AnnDataParts): AnnData {
  try {
    return new AnnData(parts);
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    throw root.invalid(`does not hold together (${error.message})`, {
      remedy: 'The file seems to be damaged: get it again or restore it from a copy.',
      cause: error,
    });
  }
}

function notH5ad(root: StoredGroup, isMuData: boolean): Error {
  return root.invalid(isMuData ? 'holds several modalities (MuData)' : 'is not annotated data', {
    got: root.keys().slice(0, 12).join(', ') || 'nothing',
    expected: 'obs and var, as .h5ad files have them',
    remedy: isMuData
      ? 'Use readH5mu.'
      : 'Use readDataset, which recognizes other formats, or convert the file to .h5ad.',
  });
}
