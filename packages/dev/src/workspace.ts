import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What the tools read of a package.json. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly license: string;
  readonly private?: boolean;
  readonly engines: { readonly node: string };
  readonly scripts?: Readonly<Record<string, string>>;
}

/** A package of this repository. */
export interface WorkspacePackage {
  /** From the root of the repository, for example `packages/core`. */
  readonly folder: string;
  readonly manifest: Manifest;
}

/** Packages that are published, sorted by name. */
export function publicPackages(root: string): WorkspacePackage[] {
  return packageFolders(root)
    .filter((folder) => existsSync(join(root, folder, 'package.json')))
    .map((folder) => ({
      folder,
      manifest: JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as Manifest,
    }))
    .filter(({ manifest }) => manifest.private !== true)
    .sort((a, b) => (a.manifest.name < b.manifest.name ? -1 : 1));
}

/** `packages/*` and `packages/modules/*` / `*`, as package.json of the root has them. */
function packageFolders(root: string): string[] {
  const within = (folder: string): string[] => {
    const path = join(root, folder);
    return existsSync(path) ? readdirSync(path).map((name) => `${folder}/${name}`) : [];
  };
  return [...within('packages'), ...within('packages/modules').flatMap(within)];
}
