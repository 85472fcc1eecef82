import type { Column, Matrix, Reporter, Table, UnsValue } from '@dance-ts/core';
import type { StoredArray, StoredGroup, StoredNode } from '../storage/stored-node.js';

/** What reading an element needs beside the element. */
export interface ReadContext {
  /** Receives a warning for each element that is left out. */
  readonly reporter: Reporter;
  /** How to read a stored element, by its encoding. */
  readonly encodings: readonly Encoding[];
}

/** The roles in which an element can stand; each gives another type. */
export interface ElementRoles {
  /** X, a layer, a pairwise matrix. */
  matrix: Matrix;
  /** obs, var, or a frame inside another mapping. */
  table: Table;
  /** A column of a table. */
  column: Column;
  /** A value of `uns`. */
  uns: UnsValue;
}

/** Reads an element of one encoding in one role. */
export type ElementReader<Node extends StoredNode, Result> = (
  context: ReadContext,
  node: Node,
) => Promise<Result>;

/** One row of the table of encodings: which readers know this kind of element. */
export type Encoding =
  | ({ readonly storage: 'group' } & EncodingOf<StoredGroup>)
  | ({ readonly storage: 'dataset' } & EncodingOf<StoredArray>);

type EncodingOf<Node extends StoredNode> = { readonly type: string; readonly version: string } & {
  readonly [Role in keyof ElementRoles]?: ElementReader<Node, ElementRoles[Role]>;
};

/**
 * Encoding of a stored element: its attributes or, for files written before there were any, what
 * its form says.
 */
export function identify(node: StoredNode): { readonly type: string; readonly version: string } {
  const type = node.text('encoding-type');
  if (type !== undefined) return { type, version: node.text('encoding-version') ?? '' };
  return node.kind === 'group' ? identifyLegacyGroup(node) : identifyLegacyDataset(node);
}

/** The reader of an element in a role; undefined if none knows it. */
export function findReader<Role extends keyof ElementRoles>(
  context: ReadContext,
  node: StoredNode,
  role: Role,
): (() => Promise<ElementRoles[Role]>) | undefined {
  const { type, version } = identify(node);
  for (const encoding of context.encodings) {
    if (encoding.type !== type || encoding.version !== version) continue;
    if (encoding.storage === 'group' && node.kind === 'group') {
      const read = encoding[role] as ElementReader<StoredGroup, ElementRoles[Role]> | undefined;
      return read && (() => read(context, node));
    }
    if (encoding.storage === 'dataset' && node.kind === 'dataset') {
      const read = encoding[role] as ElementReader<StoredArray, ElementRoles[Role]> | undefined;
      return read && (() => read(context, node));
    }
  }
  return undefined;
}

/** `array 0.2.0 (dataset)`, for messages. */
export function describeElement(node: StoredNode): string {
  const { type, version } = identify(node);
  return `${type} ${version} (${node.kind})`;
}

function identifyLegacyGroup(group: StoredNode): { type: string; version: string } {
  const format = group.text('h5sparse_format');
  return format === undefined
    ? { type: 'dict', version: '0.1.0' }
    : { type: `${format}_matrix`, version: '0.1.0' };
}

function identifyLegacyDataset(dataset: StoredArray): { type: string; version: string } {
  if (dataset.hasAttribute('categories')) return { type: 'categorical', version: '0.1.0' };
  if (dataset.shape === undefined) return { type: 'null', version: '0.1.0' };
  if (dataset.type.kind === 'compound') return { type: 'rec-array', version: '0.2.0' };
  const isText = dataset.type.kind === 'string';
  if (dataset.shape.length === 0) {
    return { type: isText ? 'string' : 'numeric-scalar', version: '0.2.0' };
  }
  return { type: isText ? 'string-array' : 'array', version: '0.2.0' };
}
