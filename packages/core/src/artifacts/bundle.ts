import { z } from 'zod';
import { DataError, FormatError, ParamError } from '../errors.js';
import type { ArtifactStore } from './artifact-store.js';

/** Arrays a bundle can hold. */
export type BundleArray = Float32Array | Float64Array | Int32Array;

/** A named array with its shape. */
export interface SavedTensor {
  readonly shape: readonly number[];
  readonly data: BundleArray;
}

/** JSON values. */
export type Json =
  null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** What is saved of a model or a checkpoint: JSON facts and arrays, never anything executable. */
export interface Bundle {
  readonly facts: Readonly<Record<string, Json>>;
  readonly tensors: ReadonlyMap<string, SavedTensor>;
}

const FORMAT = 'dance-ts-bundle';
const FORMAT_VERSION = 1;

/** Names of artifacts: plain file names on every system. */
const NAME = /^[\w.-]+$/;

const manifestSchema = z.strictObject({
  format: z.literal(FORMAT),
  formatVersion: z.literal(FORMAT_VERSION),
  weights: z.string().regex(NAME),
  sha256: z.string().length(64),
  facts: z.record(z.string(), z.unknown()),
  tensors: z.array(
    z.strictObject({
      name: z.string(),
      dtype: z.enum(['float32', 'float64', 'int32']),
      shape: z.array(z.int().min(0)),
      offset: z.int().min(0),
    }),
  ),
});

const ARRAYS = { float32: Float32Array, float64: Float64Array, int32: Int32Array } as const;

/**
 * Writes a bundle as `<name>.json` and a little-endian binary named after its own hash. The
 * manifest is written last and the weights it replaces are removed after that, so an interrupted
 * save leaves the previous bundle whole.
 *
 * @throws {@link ParamError} for a name that is no plain file name
 * @throws {@link DataError} if a tensor does not fill its shape
 */
export async function saveBundle(
  store: ArtifactStore,
  name: string,
  bundle: Bundle,
): Promise<void> {
  if (!NAME.test(name)) {
    throw new ParamError('name of a bundle', {
      got: `"${name}"`,
      expected: 'letters, digits, ".", "-" and "_"',
    });
  }
  const tensors: z.infer<typeof manifestSchema>['tensors'] = [];
  let bytes = 0;
  for (const [tensorName, { shape, data }] of bundle.tensors) {
    checkFilled(tensorName, shape, data);
    bytes = align(bytes);
    tensors.push({ name: tensorName, dtype: dtypeOf(data), shape: [...shape], offset: bytes });
    bytes += data.byteLength;
  }
  const binary = new Uint8Array(bytes);
  [...bundle.tensors.values()].forEach(({ data }, i) => {
    binary.set(littleEndianBytes(data), tensors[i]!.offset);
  });
  const sha256 = await sha256Hex(binary);
  const weights = `${name}-${sha256.slice(0, 16)}.bin`;
  await store.write(weights, binary);
  const manifest = {
    format: FORMAT,
    formatVersion: FORMAT_VERSION,
    weights,
    sha256,
    facts: bundle.facts,
    tensors,
  };
  await store.write(`${name}.json`, new TextEncoder().encode(JSON.stringify(manifest, null, 1)));
  await removeWeights(store, name, weights);
}

/** Removes a bundle, if it is there; the manifest goes first. */
export async function removeBundle(store: ArtifactStore, name: string): Promise<void> {
  await store.remove(`${name}.json`);
  await removeWeights(store, name);
}

/**
 * Reads a bundle back.
 *
 * @throws {@link FormatError} if the manifest, a size or the checksum is not right
 */
export async function loadBundle(store: ArtifactStore, name: string): Promise<Bundle> {
  const place = `${name}.json in ${store.location}`;
  const manifest = parseManifest(await store.read(`${name}.json`), place);
  const binary = await store.read(manifest.weights);
  const sha256 = await sha256Hex(binary);
  if (sha256 !== manifest.sha256) {
    throw new FormatError(`the weights of ${place} are damaged`, {
      got: `sha256 ${sha256.slice(0, 16)}...`,
      expected: `${manifest.sha256.slice(0, 16)}...`,
      remedy: 'Save the model again or restore the file.',
    });
  }
  const tensors = new Map<string, SavedTensor>();
  for (const { name: tensorName, dtype, shape, offset } of manifest.tensors) {
    const byteLength = sizeOf(shape) * ARRAYS[dtype].BYTES_PER_ELEMENT;
    if (offset + byteLength > binary.byteLength) {
      throw new FormatError(`tensor "${tensorName}" of ${place} lies outside the weights`, {
        got: `bytes ${offset} to ${offset + byteLength}`,
        expected: `at most ${binary.byteLength}`,
      });
    }
    const own = new Uint8Array(binary.subarray(offset, offset + byteLength));
    tensors.set(tensorName, { shape, data: fromLittleEndian(own, dtype) });
  }
  return { facts: manifest.facts as Bundle['facts'], tensors };
}

/** Hexadecimal SHA-256 of some bytes. */
export async function sha256Hex(bytes: Uint8Array): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', bytes);
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

async function removeWeights(store: ArtifactStore, name: string, except?: string): Promise<void> {
  for (const other of await store.list()) {
    const isWeights =
      other.startsWith(`${name}-`) && /^[0-9a-f]{16}\.bin$/.test(other.slice(name.length + 1));
    if (isWeights && other !== except) await store.remove(other);
  }
}

function checkFilled(name: string, shape: readonly number[], data: BundleArray): void {
  if (sizeOf(shape) === data.length) return;
  throw new DataError(`tensor "${name}" does not fill its shape`, {
    got: `${data.length} values`,
    expected: shape.length === 0 ? '1' : shape.join(' x '),
  });
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

function parseManifest(bytes: Uint8Array, place: string): z.infer<typeof manifestSchema> {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw new FormatError(`${place} is not JSON`, { cause });
  }
  const result = manifestSchema.safeParse(json);
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  throw new FormatError(`${place} is not a saved model of this library`, {
    got: `${issue.path.join('.') || 'manifest'}: ${issue.message}`,
    expected: `format ${FORMAT}, version ${FORMAT_VERSION}`,
  });
}

function dtypeOf(data: BundleArray): 'float32' | 'float64' | 'int32' {
  if (data instanceof Float32Array) return 'float32';
  return data instanceof Float64Array ? 'float64' : 'int32';
}

const IS_LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

function littleEndianBytes(data: BundleArray): Uint8Array {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return IS_LITTLE_ENDIAN ? bytes : swapBytes(bytes.slice(), data.BYTES_PER_ELEMENT);
}

function fromLittleEndian(bytes: Uint8Array<ArrayBuffer>, dtype: keyof typeof ARRAYS): BundleArray {
  const Type = ARRAYS[dtype];
  if (!IS_LITTLE_ENDIAN) swapBytes(bytes, Type.BYTES_PER_ELEMENT);
  return new Type(bytes.buffer, bytes.byteOffset, bytes.byteLength / Type.BYTES_PER_ELEMENT);
}

function swapBytes<T extends Uint8Array>(bytes: T, size: number): T {
  for (let start = 0; start < bytes.length; start += size) {
    bytes.subarray(start, start + size).reverse();
  }
  return bytes;
}

function align(offset: number): number {
  return Math.ceil(offset / 8) * 8;
}
