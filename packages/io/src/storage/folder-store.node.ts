import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { IoError, ParamError, type ArtifactStore } from '@dance-ts/core';
import { writeFileAtomic } from './atomic-file.node.js';
import { errorCode, toIoError } from './io-errors.js';

const NAME = /^[A-Za-z0-9._-]+$/;

/** Artifacts as files of one folder, which is made when the first one is written. */
export class FolderStore implements ArtifactStore {
  /** Path of the folder. */
  readonly location: string;

  constructor(folder: string) {
    this.location = folder;
  }

  async read(name: string): Promise<Uint8Array> {
    const file = this.fileOf(name);
    try {
      return new Uint8Array(await readFile(file));
    } catch (error) {
      if (errorCode(error) === 'ENOENT') {
        throw new IoError(`there is no artifact "${name}" in ${this.location}`, {
          remedy: 'Check the folder, or save the model there first.',
          cause: error,
        });
      }
      throw toIoError(error, 'cannot read', file);
    }
  }

  async write(name: string, bytes: Uint8Array): Promise<void> {
    const file = this.fileOf(name);
    try {
      await mkdir(this.location, { recursive: true });
    } catch (error) {
      throw toIoError(error, 'cannot create the folder', this.location);
    }
    await writeFileAtomic(file, bytes);
  }

  async has(name: string): Promise<boolean> {
    const status = await stat(this.fileOf(name)).catch(() => undefined);
    return status?.isFile() ?? false;
  }

  async list(): Promise<string[]> {
    try {
      const entries = await readdir(this.location, { withFileTypes: true });
      return entries
        .filter((entry) => entry.isFile() && NAME.test(entry.name))
        .map((entry) => entry.name)
        .sort();
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return [];
      throw toIoError(error, 'cannot list', this.location);
    }
  }

  async remove(name: string): Promise<void> {
    try {
      await rm(this.fileOf(name), { force: true });
    } catch (error) {
      throw toIoError(error, 'cannot remove', path.join(this.location, name));
    }
  }

  /** The restriction keeps every artifact inside the folder. */
  private fileOf(name: string): string {
    if (!NAME.test(name) || name === '.' || name === '..') {
      throw new ParamError('invalid artifact name', {
        got: JSON.stringify(name),
        expected: 'letters, digits, ".", "_" and "-"',
      });
    }
    return path.join(this.location, name);
  }
}
