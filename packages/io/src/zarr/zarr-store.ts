/** Files of a Zarr hierarchy: a folder, a .zip file, or files a user chose in a browser. */
export interface ZarrStore {
  /** Path or other name, for messages. */
  readonly name: string;
  /**
   * Names of the folders in a folder.
   *
   * @param path - without slash at either end; empty for the root
   */
  folders(path: string): Promise<readonly string[]>;
  /** Content of a file; undefined if there is none. */
  read(path: string): Promise<Uint8Array | undefined>;
  /** Releases what lies underneath. */
  close(): void;
}

/** The paths below a folder that are folders themselves, from the paths of all files. */
export function foldersBelow(files: Iterable<string>, path: string): string[] {
  const prefix = path === '' ? '' : `${path}/`;
  const names = new Set<string>();
  for (const file of files) {
    if (!file.startsWith(prefix)) continue;
    const end = file.indexOf('/', prefix.length);
    if (end > prefix.length) names.add(file.slice(prefix.length, end));
  }
  return [...names].sort();
}

/** What the paths of a hierarchy begin with: the folder whose metadata have the shortest path. */
export function rootPrefix(files: Iterable<string>): string {
  const nameOf = (file: string): string => file.slice(file.lastIndexOf('/') + 1);
  const [first = ''] = [...files]
    .filter((file) => isZarrRoot([nameOf(file)]))
    .sort((a, b) => a.length - b.length);
  return first.slice(0, first.lastIndexOf('/') + 1);
}

/** True if files of these names lie in the root of a Zarr hierarchy. */
export function isZarrRoot(files: readonly string[]): boolean {
  return ['.zgroup', 'zarr.json'].some((file) => files.includes(file));
}
