import { closeSync, fstatSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import { IoError } from '@dance-ts/core';
import type { ByteStorage } from './byte-storage.js';
import { toIoError } from './io-errors.js';

/** A file on disk, of which only the ranges asked for are read or written. */
export class FileStorage implements ByteStorage {
  private length: number;

  /**
   * @param name - path shown in messages
   * @param descriptor - an open file descriptor; owned and closed by this object
   */
  constructor(
    readonly name: string,
    readonly descriptor: number,
  ) {
    this.length = fstatSync(descriptor).size;
  }

  /**
   * Opens an existing file for reading.
   *
   * @throws IoError if it is missing, a folder or not readable
   */
  static open(path: string): FileStorage {
    let descriptor: number;
    try {
      descriptor = openSync(path, 'r');
    } catch (error) {
      throw toIoError(error, 'cannot read', path);
    }
    if (!fstatSync(descriptor).isFile()) {
      closeSync(descriptor);
      throw new IoError(`cannot read ${path}: it is not a file`, { remedy: 'Name a file.' });
    }
    return new FileStorage(path, descriptor);
  }

  get size(): number {
    return this.length;
  }

  read(target: Uint8Array, position: number): number {
    try {
      return readSync(this.descriptor, target, 0, target.length, position);
    } catch (error) {
      throw toIoError(error, 'cannot read', this.name);
    }
  }

  write(bytes: Uint8Array, position: number): void {
    try {
      let done = 0;
      while (done < bytes.length) {
        done += writeSync(this.descriptor, bytes, done, bytes.length - done, position + done);
      }
    } catch (error) {
      throw toIoError(error, 'cannot write', this.name);
    }
    this.length = Math.max(this.length, position + bytes.length);
  }

  truncate(size: number): void {
    try {
      ftruncateSync(this.descriptor, size);
    } catch (error) {
      throw toIoError(error, 'cannot write', this.name);
    }
    this.length = size;
  }

  close(): void {
    closeSync(this.descriptor);
  }
}
