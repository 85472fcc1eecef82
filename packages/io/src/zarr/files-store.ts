import { foldersBelow, isZarrRoot, rootPrefix, type ZarrStore } from './zarr-store.js';

/** A Zarr hierarchy among files that a user chose in a browser, as a folder. */
export class ZarrFiles implements ZarrStore {
  readonly name = 'the given folder';
  private readonly files: ReadonlyMap<string, File>;

  constructor(files: Iterable<File>) {
    const byPath = new Map([...files].map((file) => [pathOf(file), file]));
    const prefix = rootPrefix(byPath.keys());
    this.files = new Map([...byPath].map(([path, file]) => [path.slice(prefix.length), file]));
  }

  /** True if files that a user chose are a Zarr hierarchy. */
  static accepts(files: Iterable<File>): boolean {
    return isZarrRoot([...files].map((file) => file.name));
  }

  folders(path: string): Promise<readonly string[]> {
    return Promise.resolve(foldersBelow(this.files.keys(), path));
  }

  async read(path: string): Promise<Uint8Array | undefined> {
    const file = this.files.get(path);
    return file === undefined ? undefined : new Uint8Array(await file.arrayBuffer());
  }

  close(): void {
    // Files of a browser need no closing.
  }
}

/** Path below the folder that was chosen; browsers put the folder's own name in front. */
function pathOf(file: File): string {
  const { webkitRelativePath } = file as { readonly webkitRelativePath?: string };
  return webkitRelativePath === undefined || webkitRelativePath === ''
    ? file.name
    : webkitRelativePath;
}
