import { IoError } from '../errors.js';

/**
 * A flat place for named byte arrays: a folder, memory, browser storage. Models save through it,
 * so that no model touches a file system. Writing one artifact is atomic: readers see the old
 * bytes or the new ones.
 */
export interface ArtifactStore {
  /** Where this is, for messages. */
  readonly location: string;
  /** @throws {@link IoError} if there is no such artifact */
  read(name: string): Promise<Uint8Array>;
  /** Stores the bytes under that name, replacing what was there. */
  write(name: string, bytes: Uint8Array): Promise<void>;
  /** True if there is an artifact of that name. */
  has(name: string): Promise<boolean>;
  /** Names of all artifacts. */
  list(): Promise<string[]>;
  /** Removes an artifact if it is there. */
  remove(name: string): Promise<void>;
}

/** Artifacts kept in memory. */
export class MemoryStore implements ArtifactStore {
  readonly location = 'memory';
  private readonly artifacts = new Map<string, Uint8Array>();

  async read(name: string): Promise<Uint8Array> {
    const bytes = this.artifacts.get(name);
    if (bytes === undefined) {
      throw new IoError(`there is no artifact "${name}" in ${this.location}`, {
        remedy: 'Save the model to this store first.',
      });
    }
    return Promise.resolve(bytes.slice());
  }

  async write(name: string, bytes: Uint8Array): Promise<void> {
    this.artifacts.set(name, bytes.slice());
    return Promise.resolve();
  }

  async has(name: string): Promise<boolean> {
    return Promise.resolve(this.artifacts.has(name));
  }

  async list(): Promise<string[]> {
    return Promise.resolve([...this.artifacts.keys()]);
  }

  async remove(name: string): Promise<void> {
    this.artifacts.delete(name);
    return Promise.resolve();
  }
}
