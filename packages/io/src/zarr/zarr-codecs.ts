import { DanceError, errorMessage, FormatError } from '@dance-ts/core';
import { UnsupportedElementError } from '../hdf5/h5-errors.js';
import { checksum } from './checksums.js';
import { inflate, tooLarge } from './inflate.js';
import type { CodecSpec } from './zarr-layout.js';

/** Undoes one step of compression; `limit` is the most bytes that may come out. */
type Decode = (bytes: Uint8Array, where: string, limit: number) => Promise<Uint8Array>;

/** The part of numcodecs that is used here; its own declarations do not resolve in ES modules. */
interface CodecModule {
  readonly default: {
    fromConfig(settings: { readonly id: string }): {
      decode(bytes: Uint8Array): Uint8Array | Promise<Uint8Array>;
    };
  };
}

const BLOSC_HEADER_BYTES = 16;
const ZSTD_MAGIC = 0xfd2fb528;

const DECODERS: Readonly<Record<string, Decode>> = {
  gzip: (bytes, where, limit) => inflate(bytes, 'gzip', where, limit),
  zlib: (bytes, where, limit) => inflate(bytes, 'deflate', where, limit),
  blosc: decodeBlosc,
  zstd: decodeZstd,
  lz4: decodeLz4,
  crc32c: decodeCrc32c,
};

/**
 * Undoes the compression of a chunk.
 *
 * @param codecs - as they were applied
 * @param where - file and element, for messages
 * @param limit - most bytes the chunk may have
 * @throws UnsupportedElementError if a codec is not known
 * @throws FormatError if the chunk is damaged
 */
export async function decodeChunk(
  bytes: Uint8Array,
  codecs: readonly CodecSpec[],
  where: string,
  limit: number,
): Promise<Uint8Array> {
  let decoded = bytes;
  for (const { name } of [...codecs].reverse()) {
    const decode = DECODERS[name];
    if (decode === undefined) {
      throw new UnsupportedElementError(`${where} is encoded with ${name}`, {
        expected: `one of ${Object.keys(DECODERS).join(', ')}`,
        remedy: 'Rewrite it in Python with anndata.read_zarr(path).write_zarr(other).',
      });
    }
    try {
      decoded = await decode(decoded, where, limit);
    } catch (error) {
      if (error instanceof DanceError) throw error;
      throw damaged(where, errorMessage(error).slice(0, 120), error);
    }
  }
  return decoded;
}

/** Blosc tells both sizes in its header. */
async function decodeBlosc(bytes: Uint8Array, where: string, limit: number): Promise<Uint8Array> {
  if (bytes.length < BLOSC_HEADER_BYTES) throw damaged(where, 'its header is cut short');
  const header = view(bytes);
  const [size, packedSize] = [header.getUint32(4, true), header.getUint32(12, true)];
  if (size > limit) throw tooLarge(where, limit);
  if (packedSize !== bytes.length) throw damaged(where, `${bytes.length} bytes, not ${packedSize}`);
  if (size === 0) return new Uint8Array(0);
  const codec: CodecModule = await import('numcodecs/blosc');
  return exactly(await codec.default.fromConfig({ id: 'blosc' }).decode(bytes), size, where);
}

async function decodeZstd(bytes: Uint8Array, where: string, limit: number): Promise<Uint8Array> {
  const size = zstdContentSize(bytes, where);
  if (size !== undefined && size > limit) throw tooLarge(where, limit);
  const codec: CodecModule = await import('numcodecs/zstd');
  const content = await codec.default.fromConfig({ id: 'zstd' }).decode(bytes);
  if (content.length > limit) throw tooLarge(where, limit);
  return size === undefined ? content : exactly(content, size, where);
}

/** LZ4 as NumPy's codecs write it: the size first. */
async function decodeLz4(bytes: Uint8Array, where: string, limit: number): Promise<Uint8Array> {
  if (bytes.length < 4) throw damaged(where, 'its header is cut short');
  const size = view(bytes).getUint32(0, true);
  if (size > limit) throw tooLarge(where, limit);
  const codec: CodecModule = await import('numcodecs/lz4');
  return exactly(await codec.default.fromConfig({ id: 'lz4' }).decode(bytes), size, where);
}

/** The bytes without the checksum behind them. */
function decodeCrc32c(bytes: Uint8Array, where: string): Promise<Uint8Array> {
  const end = bytes.length - 4;
  const content = bytes.subarray(0, Math.max(0, end));
  if (end < 0 || view(bytes).getUint32(end, true) !== checksum(content, 'crc32c')) {
    throw damaged(where, 'the checksum does not match');
  }
  return Promise.resolve(content);
}

/** Size of the content, if the header of the frame tells it (RFC 8878, 3.1.1.1). */
function zstdContentSize(bytes: Uint8Array, where: string): number | undefined {
  const header = view(bytes);
  if (bytes.length < 6 || header.getUint32(0, true) !== ZSTD_MAGIC) {
    throw damaged(where, 'it does not begin as Zstandard does');
  }
  const descriptor = bytes[4]!;
  const isSingle = (descriptor & 0x20) !== 0;
  const sizeFlag = descriptor >> 6;
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3]!;
  const at = 5 + (isSingle ? 0 : 1) + dictionaryBytes;
  const fieldBytes = sizeFlag === 0 ? (isSingle ? 1 : 0) : [1, 2, 4, 8][sizeFlag]!;
  if (at + fieldBytes > bytes.length) throw damaged(where, 'its header is cut short');
  switch (fieldBytes) {
    case 0:
      return undefined;
    case 1:
      return bytes[at]!;
    case 2:
      return header.getUint16(at, true) + 256;
    case 4:
      return header.getUint32(at, true);
    default:
      return header.getUint32(at + 4, true) * 2 ** 32 + header.getUint32(at, true);
  }
}

function exactly(content: Uint8Array, size: number, where: string): Uint8Array {
  if (content.length === size) return content;
  throw damaged(where, `${content.length} bytes came out of it, not ${size}`);
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function damaged(where: string, reason: string, cause?: unknown): FormatError {
  return new FormatError(`${where} cannot be decompressed (${reason})`, {
    remedy: 'The file seems to be damaged: get it again or restore it from a copy.',
    cause,
  });
}
