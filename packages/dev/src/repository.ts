import { fileURLToPath } from 'node:url';

/** Folder of the repository these tools belong to. */
export function repositoryRoot(): string {
  return fileURLToPath(new URL('../../../', import.meta.url));
}
