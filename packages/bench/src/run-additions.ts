import { DenseMatrix, type AnnData, type UnsDict, type UnsValue } from '@dance-ts/core';
import type { Additions } from '@dance-ts/io';

/** What a dictionary held, dictionaries in it included. */
interface Snapshot {
  readonly dict: UnsDict;
  readonly values: ReadonlyMap<string, UnsValue>;
  readonly inner: ReadonlyMap<string, Snapshot>;
}

/**
 * Remembers what data hold now; the function it returns tells what has been added or replaced since.
 * Arrays that were written to are not noticed: additions replace, they do not change.
 */
export function watchAdditions(data: AnnData): () => Additions {
  const { obs, var: genes, layers, obsm, uns } = data;
  const [oldObs, oldVar] = [new Map(obs.entries()), new Map(genes.entries())];
  const [oldLayers, oldObsm] = [new Map(layers), new Map(obsm)];
  const oldUns = snapshotOf(uns);
  return () => ({
    obs: added(obs.entries(), oldObs),
    var: added(genes.entries(), oldVar),
    layers: added(layers, oldLayers),
    obsm: added(obsm, oldObsm).filter(
      (entry): entry is [string, DenseMatrix] => entry[1] instanceof DenseMatrix,
    ),
    uns: addedValues(uns, oldUns, []),
  });
}

function added<T>(now: Iterable<[string, T]>, old: ReadonlyMap<string, T>): [string, T][] {
  return [...now].filter(([name, value]) => old.get(name) !== value);
}

function snapshotOf(dict: UnsDict): Snapshot {
  const inner = new Map<string, Snapshot>();
  for (const [key, value] of dict) if (value instanceof Map) inner.set(key, snapshotOf(value));
  return { dict, values: new Map(dict), inner };
}

/** A dictionary that took the place of another is new as a whole: nothing old is left in it. */
function addedValues(
  dict: UnsDict,
  old: Snapshot,
  path: readonly string[],
): (readonly [readonly string[], UnsValue])[] {
  return [...dict].flatMap(([key, value]) => {
    const known = old.inner.get(key);
    if (value instanceof Map && known?.dict === value) {
      return addedValues(value, known, [...path, key]);
    }
    return old.values.get(key) === value ? [] : [[[...path, key], value] as const];
  });
}
