import { errorMessage, FormatError, Pacer } from '@dance-ts/core';
import { MemoryBudget, type ReadOptions } from '../storage/read-options.js';
import type { StoredFile } from '../storage/stored-node.js';
import { asObject } from './zarr-layout.js';
import { ZarrArray, ZarrGroup, type ZarrNode } from './zarr-node.js';
import type { ZarrStore } from './zarr-store.js';
import { parseArrayV2 } from './zarr-v2.js';
import { parseArrayV3 } from './zarr-v3.js';

/** Deeper nesting than this is no annotation. */
const MAX_DEPTH = 16;
/** More nodes than this are no annotated data. */
const MAX_NODES = 100_000;
/** Longer metadata are an attempt to fill the memory. */
const MAX_JSON_BYTES = 64 * 2 ** 20;

/** Metadata of a node, the same for both versions. */
interface NodeMetadata {
  readonly kind: 'group' | 'array';
  readonly version: 2 | 3;
  readonly json: Readonly<Record<string, unknown>>;
  readonly attributes: Readonly<Record<string, unknown>>;
}

/**
 * Opens a Zarr hierarchy of version 2 or 3, hands its root to `use`, and closes the store whatever
 * happens. Metadata are read from each node; consolidated copies of them are not looked at.
 *
 * @throws FormatError if it is none, or damaged
 */
export async function withZarr<T>(
  store: ZarrStore,
  options: ReadOptions,
  use: (root: ZarrGroup) => Promise<T> | T,
): Promise<T> {
  try {
    const budget = new MemoryBudget(store.name, options.memoryBudget);
    const file: StoredFile = {
      name: store.name,
      pacer: new Pacer(options.signal),
      claim: (bytes, element) => {
        budget.claim(bytes, element);
      },
    };
    const root = await new Opener(store, file).open('', undefined);
    if (root.kind === 'group') return await use(root);
    throw root.invalid('is an array', { expected: 'a group with obs and var' });
  } finally {
    store.close();
  }
}

/** Builds the tree of nodes. */
class Opener {
  private nodes = 0;

  constructor(
    private readonly store: ZarrStore,
    private readonly file: StoredFile,
  ) {}

  /** @param path - without leading slash */
  async open(path: string, parent: ZarrGroup | undefined): Promise<ZarrNode> {
    await this.file.pacer.tick();
    this.nodes += 1;
    const where = `${this.file.name}: ${path === '' ? 'the root group' : path}`;
    if (this.nodes > MAX_NODES || path.split('/').length > MAX_DEPTH) {
      throw new FormatError(`${where} is one of too many nodes`, {
        expected: `at most ${MAX_NODES} nodes, ${MAX_DEPTH} levels deep`,
      });
    }
    const { kind, version, json, attributes } = await this.metadata(path, where);
    if (kind === 'array') {
      const layout = (version === 2 ? parseArrayV2 : parseArrayV3)(json, where);
      return new ZarrArray(this.file, `/${path}`, attributes, this.store, layout, parent);
    }
    const group = new ZarrGroup(this.file, `/${path}`, attributes);
    for (const name of await this.store.folders(path)) {
      if (name.startsWith('.')) continue;
      group.add(name, await this.openChild(path === '' ? name : `${path}/${name}`, group));
    }
    return group;
  }

  private async openChild(path: string, parent: ZarrGroup): Promise<ZarrNode | FormatError> {
    try {
      return await this.open(path, parent);
    } catch (error) {
      if (error instanceof FormatError) return error;
      throw error;
    }
  }

  private async metadata(path: string, where: string): Promise<NodeMetadata> {
    const prefix = path === '' ? '' : `${path}/`;
    const v3 = await this.json(`${prefix}zarr.json`);
    if (v3 !== undefined) {
      const kind = v3['node_type'];
      if (v3['zarr_format'] === 3 && (kind === 'group' || kind === 'array')) {
        return { kind, version: 3, json: v3, attributes: asObject(v3['attributes']) };
      }
      throw new FormatError(`${where} has no valid zarr.json`, {
        got: JSON.stringify(v3).slice(0, 80),
        expected: 'zarr_format 3 and a node_type',
      });
    }
    const array = await this.json(`${prefix}.zarray`);
    const json = array ?? (await this.json(`${prefix}.zgroup`));
    if (json === undefined) {
      throw new FormatError(`${where} is no part of a Zarr hierarchy`, {
        got: 'a folder without metadata',
        expected: 'zarr.json, .zarray or .zgroup in it',
        remedy: 'A file seems to be missing: copy the whole store again.',
      });
    }
    const attributes = (await this.json(`${prefix}.zattrs`)) ?? {};
    return { kind: array === undefined ? 'group' : 'array', version: 2, json, attributes };
  }

  private async json(path: string): Promise<Readonly<Record<string, unknown>> | undefined> {
    const bytes = await this.store.read(path);
    if (bytes === undefined) return undefined;
    try {
      if (bytes.length > MAX_JSON_BYTES) throw new Error('it is too long');
      const parsed: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
      return asObject(parsed);
    } catch (error) {
      throw new FormatError(`${this.file.name}: ${path} is no valid JSON`, {
        got: errorMessage(error).slice(0, 120),
        remedy: 'The file seems to be damaged: get it again or restore it from a copy.',
        cause: error,
      });
    }
  }
}
