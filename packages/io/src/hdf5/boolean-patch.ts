import { readBytes, type ByteStorage } from '../storage/byte-storage.js';
import { findHeaderBlock, updateChecksum } from './header-checksum.js';

/**
 * Name of the only member of the compound type under which truth values are written, since h5wasm
 * cannot write enumerations. With 11 characters the description of that compound has at least the
 * length of the description of the enumeration {FALSE, TRUE} that h5py and anndata expect.
 */
export const BOOLEAN_MARKER = '\u001ddance:bool';

const MARKER = new TextEncoder().encode(BOOLEAN_MARKER);
/** The name of the first member begins after class, flags and size. */
const TYPE_HEADER = 8;
/** Bytes looked through at a time. */
const WINDOW = 16 * 2 ** 20;

/** Bytes of the compound's description, by version of the datatype message. */
const COMPOUND_LENGTH = new Map([
  [1, 68],
  [3, 33],
]);

/** The base type: signed integers of one byte. */
const INT8 = [0x10, 0x08, 0, 0, 1, 0, 0, 0, 0, 0, 8, 0];
const CLASS_COMPOUND = 6;
const CLASS_ENUM = 8;

/**
 * Turns the marked compound types of a closed HDF5 file into the enumeration of one byte with the
 * members FALSE and TRUE. The values on disk are the same, only their description changes.
 *
 * @param expected - number of attributes and datasets that were written as truth values
 * @throws if another number of them is found; the file must then be given up
 */
export function patchBooleans(storage: ByteStorage, expected: number): void {
  if (expected === 0) return;
  const places = findMarkers(storage).filter((place) => isMarkedType(storage, place));
  if (places.length !== expected) {
    throw new Error(`found ${places.length} of ${expected} truth values in ${storage.name}`);
  }
  for (const place of places) patchType(storage, place - TYPE_HEADER);
}

/** A text of the user may hold the marker as well; before it no datatype stands. */
function isMarkedType(storage: ByteStorage, place: number): boolean {
  const [classAndVersion = 0, ...rest] = readBytes(storage, place - TYPE_HEADER, TYPE_HEADER);
  const oneMemberOfOneByte = [1, 0, 0, 1, 0, 0, 0];
  return (
    (classAndVersion & 0x0f) === CLASS_COMPOUND &&
    oneMemberOfOneByte.every((byte, i) => rest[i] === byte)
  );
}

function patchType(storage: ByteStorage, position: number): void {
  const [classAndVersion = 0] = readBytes(storage, position, 1);
  const version = classAndVersion >> 4;
  const length = COMPOUND_LENGTH.get(version);
  if (length === undefined) {
    throw new Error(`unknown datatype message at byte ${position} of ${storage.name}`);
  }
  const block = version === 1 ? undefined : findHeaderBlock(storage, position);
  const type = new Uint8Array(length);
  type.set(version === 1 ? enumDescription(1, 8) : enumDescription(version, 1));
  storage.write(type, position);
  if (block !== undefined) updateChecksum(storage, block);
}

/** @param multiple - names are padded to a multiple of so many bytes */
function enumDescription(version: number, multiple: number): number[] {
  const nMembers = 2;
  const size = 1;
  return [
    (version << 4) | CLASS_ENUM,
    ...[nMembers, 0, 0],
    ...[size, 0, 0, 0],
    ...INT8,
    ...paddedName('FALSE', multiple),
    ...paddedName('TRUE', multiple),
    ...[0, 1],
  ];
}

function paddedName(name: string, multiple: number): number[] {
  const padded = new Array<number>(Math.ceil((name.length + 1) / multiple) * multiple).fill(0);
  Array.from(name).forEach((character, i) => {
    padded[i] = character.charCodeAt(0);
  });
  return padded;
}

/** Positions of the marker in the whole file. */
function findMarkers(storage: ByteStorage): number[] {
  const places: number[] = [];
  for (let start = 0; start < storage.size; start += WINDOW) {
    const bytes = readBytes(storage, start, WINDOW + MARKER.length - 1);
    for (let at = bytes.indexOf(MARKER[0]!); at >= 0; at = bytes.indexOf(MARKER[0]!, at + 1)) {
      if (MARKER.every((byte, i) => bytes[at + i] === byte)) places.push(start + at);
    }
  }
  return places;
}
