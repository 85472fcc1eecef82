import { FormatError } from '@dance-ts/core';
import { readBytes, type ByteSource } from '../storage/byte-storage.js';
import { checksum } from './checksums.js';
import { inflate } from './inflate.js';
import { foldersBelow, rootPrefix, type ZarrStore } from './zarr-store.js';

/** One file of an archive. */
interface ZipEntry {
  readonly method: number;
  readonly crc32: number;
  readonly packedSize: number;
  readonly size: number;
  /** Where its local header begins. */
  readonly offset: number;
}

const END_SIGNATURE = 0x06054b50;
const ENTRY_SIGNATURE = 0x02014b50;
const LOCAL_SIGNATURE = 0x04034b50;
/** The end record is 22 bytes, and a comment of up to 64 KiB may follow. */
const END_BYTES = 22 + 2 ** 16;
/** Sizes and offsets of this value stand elsewhere, in archives beyond 4 GiB. */
const ELSEWHERE = 0xffffffff;
const [STORED, DEFLATED] = [0, 8] as const;

/** True if the bytes begin as those of a .zip file do. */
export function isZip(head: Uint8Array): boolean {
  return head[0] === 0x50 && head[1] === 0x4b && head[2] === 3 && head[3] === 4;
}

/**
 * Opens a .zip archive.
 *
 * @throws FormatError if it is none or a damaged one; the source is closed then
 */
export function openZip(source: ByteSource): ZipStore {
  try {
    return new ZipStore(source);
  } catch (error) {
    source.close();
    throw error;
  }
}

/** The files of a .zip archive: read one by one, each with its checksum verified. */
export class ZipStore implements ZarrStore {
  private readonly entries: ReadonlyMap<string, ZipEntry>;
  /** The hierarchy may lie in a folder of the archive. */
  private readonly prefix: string;

  /**
   * @param source - owned and closed by this object
   * @throws FormatError if it is no .zip archive or a damaged one
   */
  constructor(private readonly source: ByteSource) {
    this.entries = readDirectory(source);
    this.prefix = rootPrefix(this.entries.keys());
  }

  get name(): string {
    return this.source.name;
  }

  /** Paths of the files of the hierarchy; those outside of it are left out. */
  get files(): readonly string[] {
    return [...this.entries.keys()]
      .filter((name) => name.startsWith(this.prefix))
      .map((name) => name.slice(this.prefix.length));
  }

  folders(path: string): Promise<readonly string[]> {
    return Promise.resolve(foldersBelow(this.files, path));
  }

  async read(path: string): Promise<Uint8Array | undefined> {
    const entry = this.entries.get(this.prefix + path);
    if (entry === undefined) return undefined;
    const where = `${this.name}: ${path}`;
    const header = view(readBytes(this.source, entry.offset, 30));
    if (header.byteLength < 30 || header.getUint32(0, true) !== LOCAL_SIGNATURE) {
      throw damaged(where, 'has no header');
    }
    const start = entry.offset + 30 + header.getUint16(26, true) + header.getUint16(28, true);
    const packed = readBytes(this.source, start, entry.packedSize);
    if (packed.length < entry.packedSize) throw damaged(where, 'is cut short');
    const content = await unpack(packed, entry, where);
    if (content.length !== entry.size || checksum(content, 'crc32') !== entry.crc32) {
      throw damaged(where, 'does not have its checksum');
    }
    return content;
  }

  close(): void {
    this.source.close();
  }
}

function unpack(packed: Uint8Array, entry: ZipEntry, where: string): Promise<Uint8Array> {
  switch (entry.method) {
    case STORED:
      return Promise.resolve(packed);
    case DEFLATED:
      return inflate(packed, 'deflate-raw', where, entry.size);
    default:
      throw new FormatError(`${where} is compressed in an unknown way`, {
        got: `method ${entry.method}`,
        expected: 'stored or deflated',
      });
  }
}

function readDirectory(source: ByteSource): Map<string, ZipEntry> {
  const tailStart = Math.max(0, source.size - END_BYTES);
  const tail = view(readBytes(source, tailStart, END_BYTES));
  let end = tail.byteLength - 22;
  while (end >= 0 && tail.getUint32(end, true) !== END_SIGNATURE) end -= 1;
  if (end < 0) throw damaged(source.name, 'is no .zip archive or is cut short');
  const count = tail.getUint16(end + 10, true);
  const size = tail.getUint32(end + 12, true);
  const offset = tail.getUint32(end + 16, true);
  if (count === 0xffff || offset === ELSEWHERE) {
    throw new FormatError(`${source.name} is too large a .zip archive`, {
      expected: 'less than 4 GiB and 65535 files',
      remedy: 'Unpack it and name the folder.',
    });
  }
  const bytes = readBytes(source, offset, size);
  const directory = view(bytes);
  const entries = new Map<string, ZipEntry>();
  const utf8 = new TextDecoder();
  for (let at = 0, k = 0; k < count; k++) {
    if (at + 46 > bytes.length || directory.getUint32(at, true) !== ENTRY_SIGNATURE) {
      throw damaged(source.name, 'has a damaged list of files');
    }
    const nameLength = directory.getUint16(at + 28, true);
    const name = utf8.decode(bytes.subarray(at + 46, at + 46 + nameLength));
    if (!name.endsWith('/')) {
      entries.set(name, {
        method: directory.getUint16(at + 10, true),
        crc32: directory.getUint32(at + 16, true),
        packedSize: directory.getUint32(at + 20, true),
        size: directory.getUint32(at + 24, true),
        offset: directory.getUint32(at + 42, true),
      });
    }
    at += 46 + nameLength + directory.getUint16(at + 30, true) + directory.getUint16(at + 32, true);
  }
  return entries;
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function damaged(where: string, what: string): FormatError {
  return new FormatError(`${where} ${what}`, {
    remedy: 'The file seems to be damaged: get it again or restore it from a copy.',
  });
}
