import type { Aligned } from '@dance-ts/core';
import { UnsupportedElementError } from '../hdf5/h5-errors.js';
import { describeElement, findReader, type ElementRoles, type ReadContext } from './element.js';
import type { StoredGroup, StoredNode } from '../storage/stored-node.js';

/**
 * Reads an element in a role.
 *
 * @throws UnsupportedElementError if no reader knows its encoding in that role
 */
export async function readElement<Role extends keyof ElementRoles>(
  context: ReadContext,
  node: StoredNode,
  role: Role,
): Promise<ElementRoles[Role]> {
  const read = findReader(context, node, role);
  if (read === undefined) {
    throw new UnsupportedElementError(`${node.file.name}: ${node.label} is of an unknown kind`, {
      got: describeElement(node),
      expected: `an encoding that can be read as ${role}`,
    });
  }
  return read();
}

/** Reads an entry of obsm or varm: a matrix or a table. */
export async function readAligned(context: ReadContext, node: StoredNode): Promise<Aligned> {
  const readTable = findReader(context, node, 'table');
  return readTable === undefined ? readElement(context, node, 'matrix') : readTable();
}

/** Runs a reader; an element of an unsupported kind is left out with a warning. */
export async function orSkip<T>(
  context: ReadContext,
  read: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof UnsupportedElementError)) throw error;
    context.reporter.message('warning', `left out: ${error.message}`);
    return undefined;
  }
}

/** Reads the children of a mapping such as `layers`; those of unsupported kinds are left out. */
export async function readMapping<T>(
  context: ReadContext,
  group: StoredGroup,
  read: (node: StoredNode) => Promise<T>,
  wanted: (name: string) => boolean = () => true,
): Promise<[string, T][]> {
  const entries: [string, T][] = [];
  for (const name of group.keys()) {
    if (!wanted(name)) continue;
    const value = await orSkip(context, () => read(group.get(name)));
    if (value !== undefined) entries.push([name, value]);
  }
  return entries;
}
