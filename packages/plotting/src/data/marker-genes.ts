import { DataError } from '@dance-ts/core';

/** Genes to draw: a list, or lists under headings such as the group that they mark. */
export type MarkerGenes = readonly string[] | Readonly<Record<string, readonly string[]>>;

/** One gene of a picture. */
export interface Marker {
  readonly gene: string;
  /** Heading, or `''`. */
  readonly heading: string;
}

/**
 * Genes with their headings, in order. A gene may stand under several headings, once each.
 *
 * @throws DataError if a gene is given twice under one heading
 */
export function markersOf(genes: MarkerGenes): Marker[] {
  const isList = (value: MarkerGenes): value is readonly string[] => Array.isArray(value);
  const lists = isList(genes) ? { '': genes } : genes;
  return Object.entries(lists).flatMap(([heading, list]) => {
    const twice = list.find((gene, i) => list.indexOf(gene) !== i);
    if (twice !== undefined) throw new DataError('a gene is given twice', { got: `"${twice}"` });
    return list.map((gene) => ({ gene, heading }));
  });
}
