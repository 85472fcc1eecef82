import { readFile } from 'node:fs/promises';
import { inflateRawSync } from 'node:zlib';
import { errorMessage, FormatError, IoError } from '@dance-ts/core';

/** Signatures and sizes of the ZIP format (APPNOTE 6.3.10, sections 4.3.7, 4.3.12 and 4.3.16). */
const END_OF_DIRECTORY = 0x06054b50;
const END_BYTES = 22;
const MAX_COMMENT_BYTES = 0xffff;
const DIRECTORY_ENTRY = 0x02014b50;
const ENTRY_BYTES = 46;
const LOCAL_BYTES = 30;
const STORED = 0;
const DEFLATED = 8;
/** More than any table of cell types unpacks to; a damaged or hostile file stops there. */
const MAX_UNPACKED_BYTES = 64 * 2 ** 20;

/**
 * The cells of the first sheet of an Excel workbook (.xlsx) as texts, row by row; empty cells are
 * ''. Formulas give their stored results. Meant for small tables: the file is held in memory.
 *
 * Format: Office Open XML, ECMA-376 part 1, section 18.
 *
 * @throws IoError if the file cannot be read; FormatError if it is no workbook or is damaged
 */
export async function readXlsx(path: string): Promise<string[][]> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new IoError(`cannot read ${path}: ${errorMessage(cause)}`, { cause });
  });
  try {
    const parts = zipParts(bytes);
    const [sheet] = [...parts.keys()]
      .filter((name) => /^xl\/worksheets\/sheet\d+\.xml$/.test(name))
      .sort((a, b) => a.length - b.length || (a < b ? -1 : 1));
    if (sheet === undefined) throw new RangeError('it has no sheet');
    const strings = parts.get('xl/sharedStrings.xml')?.() ?? '';
    return sheetRows(parts.get(sheet)?.() ?? '', sharedStrings(strings));
  } catch (cause) {
    throw new FormatError(`${path} is no Excel workbook that can be read`, {
      got: errorMessage(cause),
      expected: 'an .xlsx file',
      remedy: 'Save the table as .csv beside it, which is read instead.',
      cause,
    });
  }
}

/** Texts of the parts of a ZIP archive by name, unpacked when they are asked for. */
function zipParts(bytes: Buffer): Map<string, () => string> {
  const parts = new Map<string, () => string>();
  const end = endOfDirectory(bytes);
  let place = bytes.readUInt32LE(end + 16);
  for (let count = bytes.readUInt16LE(end + 10); count > 0; count--) {
    if (bytes.readUInt32LE(place) !== DIRECTORY_ENTRY) throw new RangeError('damaged directory');
    const method = bytes.readUInt16LE(place + 10);
    const size = bytes.readUInt32LE(place + 20);
    const nameEnd = place + ENTRY_BYTES + bytes.readUInt16LE(place + 28);
    const local = bytes.readUInt32LE(place + 42);
    parts.set(bytes.toString('utf8', place + ENTRY_BYTES, nameEnd), () =>
      unpack(bytes, local, size, method),
    );
    place = nameEnd + bytes.readUInt16LE(place + 30) + bytes.readUInt16LE(place + 32);
  }
  return parts;
}

function endOfDirectory(bytes: Buffer): number {
  const last = bytes.length - END_BYTES;
  for (let place = last; place >= Math.max(0, last - MAX_COMMENT_BYTES); place--) {
    if (bytes.readUInt32LE(place) === END_OF_DIRECTORY) return place;
  }
  throw new RangeError('it is no ZIP archive');
}

function unpack(bytes: Buffer, local: number, size: number, method: number): string {
  const start =
    local + LOCAL_BYTES + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28);
  const packed = bytes.subarray(start, start + size);
  if (method === STORED) return packed.toString('utf8');
  if (method !== DEFLATED) throw new RangeError(`compression method ${method}`);
  return inflateRawSync(packed, { maxOutputLength: MAX_UNPACKED_BYTES }).toString('utf8');
}

function sharedStrings(xml: string): string[] {
  return Array.from(xml.matchAll(/<si(?:\s[^>]*)?(?:\/>|>(.*?)<\/si>)/gs), ([, item = '']) =>
    textOf(item),
  );
}

function sheetRows(xml: string, strings: readonly string[]): string[][] {
  return Array.from(xml.matchAll(/<row(?:\s[^>]*)?>(.*?)<\/row>/gs), ([, row = '']) => {
    const fields: string[] = [];
    for (const [, attributes = '', content = ''] of row.matchAll(
      /<c((?:\s[^>]*?)?)(?:\/>|>(.*?)<\/c>)/gs,
    )) {
      const column = /\sr="([A-Z]{1,3})\d+"/.exec(attributes)?.[1];
      const place = column === undefined ? fields.length : placeOf(column);
      while (fields.length < place) fields.push('');
      fields[place] = valueOf(content, /\st="(\w+)"/.exec(attributes)?.[1], strings);
    }
    return fields;
  });
}

/** Place of a column by its letters: A is 0, Z 25, AA 26. */
function placeOf(letters: string): number {
  let place = 0;
  for (let i = 0; i < letters.length; i++) place = 26 * place + letters.charCodeAt(i) - 64;
  return place - 1;
}

function valueOf(content: string, type: string | undefined, strings: readonly string[]): string {
  if (type === 'inlineStr') return textOf(content);
  const value = decode(/<v(?:\s[^>]*)?>(.*?)<\/v>/s.exec(content)?.[1] ?? '');
  return type === 's' ? (strings[Number(value)] ?? '') : value;
}

/** The text of an item; its parts may be formatted differently. Phonetic hints are no part of it. */
function textOf(item: string): string {
  const plain = item.replace(/<rPh\s.*?<\/rPh>/gs, '');
  return Array.from(plain.matchAll(/<t(?:\s[^>]*)?>(.*?)<\/t>/gs), ([, text = '']) =>
    decode(text),
  ).join('');
}

const ENTITIES: Readonly<Record<string, string>> = {
  lt: '<',
  gt: '>',
  amp: '&',
  quot: '"',
  apos: "'",
};

function decode(text: string): string {
  return text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (all: string, ...groups: unknown[]) => {
    const [hex, decimal, name] = groups;
    if (typeof hex === 'string') return String.fromCodePoint(parseInt(hex, 16));
    if (typeof decimal === 'string') return String.fromCodePoint(Number(decimal));
    return ENTITIES[String(name)] ?? all;
  });
}
