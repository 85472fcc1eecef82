import { MuData, type AnnData, type Table, type UnsDict, type UnsValue } from '@dance-ts/core';
import { withH5File } from '../hdf5/h5-file.js';
import { H5Group } from '../hdf5/h5-node.js';
import { readAligned, readElement, readMapping } from '../h5ad/read-element.js';
import { readContext, readH5adGroup, type ReadH5adOptions } from '../h5ad/read-h5ad.js';
import { readDict } from '../h5ad/read-uns.js';
import type { ByteSource } from '../storage/byte-storage.js';
import type { StoredGroup, StoredNode } from '../storage/stored-node.js';

/**
 * Reads an .h5mu file: each modality, and the global `uns`. Columns of the global obs and matrices
 * of the global obsm go to every modality that has none of that name, cell by cell, as mudata's
 * `push_obs` does. The global var, varm, obsp and varp are not kept. The source is closed afterwards.
 *
 * @throws FormatError if it is no .h5mu file, damaged or too large
 */
export async function readH5muSource(
  source: ByteSource,
  options: ReadH5adOptions = {},
): Promise<MuData> {
  return withH5File(source, options, (file) => readH5muGroup(new H5Group(file, '/'), options));
}

/** Reads the modalities below a group of an open file or store. */
export async function readH5muGroup(
  root: StoredGroup,
  options: ReadH5adOptions = {},
): Promise<MuData> {
  const group = root.find('mod');
  if (group?.kind !== 'group' || group.keys().length === 0) {
    throw root.invalid('holds no modalities', {
      got: root.keys().slice(0, 12).join(', ') || 'nothing',
      expected: 'a group "mod" with a group for each modality, as .h5mu files have it',
      remedy: 'Use readH5ad or readDataset for a file of one modality.',
    });
  }
  const modalities: [string, AnnData][] = [];
  for (const name of modalityOrder(group)) {
    const node = group.get(name);
    if (node.kind !== 'group') throw node.invalid('is a dataset', { expected: 'a modality' });
    modalities.push([name, await readH5adGroup(node, options)]);
  }
  await pushGlobals(root, modalities, options);
  const context = readContext(options.reporter);
  const uns = root.find('uns');
  const dict: UnsDict =
    uns?.kind === 'group' ? await readDict(context, uns) : new Map<string, UnsValue>();
  return new MuData(modalities, dict);
}

/** Names in the order the file gives; those it forgot come last. */
function modalityOrder(group: StoredGroup): readonly string[] {
  const order = group.attribute('mod-order');
  const names = Array.isArray(order) ? order.map(String) : [];
  const known = [...new Set(names)].filter((name) => group.has(name));
  return [...known, ...group.keys().filter((name) => !known.includes(name))];
}

async function pushGlobals(
  root: StoredGroup,
  modalities: readonly (readonly [string, AnnData])[],
  options: ReadH5adOptions,
): Promise<void> {
  const context = readContext(options.reporter);
  const obsNode = root.find('obs');
  if (obsNode === undefined) return;
  const obs = await readElement(context, obsNode, 'table');
  const obsm = root.find('obsm');
  const matrices =
    obsm?.kind === 'group'
      ? await readMapping(
          context,
          obsm,
          (node) => readAligned(context, node),
          // Entries named as a modality only say which cells it has.
          (name) => modalities.every(([modality]) => modality !== name),
        )
      : [];
  for (const [name, data] of modalities) {
    const map = root.find('obsmap');
    const rows = await globalRows(
      obsNode,
      map?.kind === 'group' ? map.find(name) : undefined,
      obs,
      data,
    );
    for (const [column, values] of obs.selectRows(rows).entries()) {
      const isCopy = modalities.some(([modality]) => column.startsWith(`${modality}:`));
      if (!isCopy && !data.obs.has(column)) data.obs.set(column, values);
    }
    for (const [key, matrix] of matrices) {
      if (matrix.nRows !== obs.nRows) {
        throw root.invalid(`has an obsm["${key}"] that does not fit its cells`, {
          got: `${matrix.nRows} rows`,
          expected: String(obs.nRows),
        });
      }
      if (!data.obsm.has(key)) data.obsm.set(key, matrix.selectRows(rows));
    }
  }
}

/** Global row of each cell of a modality: from the map where there is one, else by name. */
async function globalRows(
  obsNode: StoredNode,
  map: StoredNode | undefined,
  obs: Table,
  data: AnnData,
): Promise<Int32Array> {
  const rows = new Int32Array(data.nObs).fill(-1);
  if (map?.kind === 'dataset' && map.length === obs.nRows) {
    const positions = await map.readInt32();
    positions.forEach((position, row) => {
      if (position > 0 && position <= rows.length) rows[position - 1] = row;
    });
  } else {
    data.obsNames.forEach((name, i) => (rows[i] = obs.indexOf(name)));
  }
  const missing = rows.indexOf(-1);
  if (missing < 0) return rows;
  throw obsNode.invalid('lacks a cell of a modality', { got: `no ${data.obsNames[missing]!}` });
}
