import { columnValue, Table, type AnnData } from '@dance-ts/core';

/** Genes shown of each group. */
const TOP_GENES = 3;

/** Marker genes that a file holds. */
export interface StoredMarkers {
  /** Best genes by group, none twice. */
  readonly genes: Readonly<Record<string, readonly string[]>>;
  /** Column of obs with the groups; undefined if the file does not tell. */
  readonly groupby: string | undefined;
}

/** The best genes of each group in `uns['rank_genes_groups']`; undefined if there are none. */
export function storedMarkers(data: AnnData, key = 'rank_genes_groups'): StoredMarkers | undefined {
  const ranked = data.uns.get(key);
  if (!(ranked instanceof Map)) return undefined;
  const [names, params] = [ranked.get('names'), ranked.get('params')];
  if (!(names instanceof Table)) return undefined;
  const genes: Record<string, string[]> = {};
  const shown = new Set<string>();
  for (const [group, column] of names.entries()) {
    const all = Array.from({ length: names.nRows }, (_, i) => String(columnValue(column, i)));
    const top = all.filter((name) => !shown.has(name)).slice(0, TOP_GENES);
    for (const name of top) shown.add(name);
    genes[group] = top;
  }
  const groupby = params instanceof Map ? params.get('groupby') : undefined;
  return { genes, groupby: typeof groupby === 'string' ? groupby : undefined };
}
