import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { FormatError, IoError } from '@dance-ts/core';
import { readLabelMap } from './label-map.node.js';
import { readXlsx } from './xlsx.node.js';

const STRINGS =
  '<sst><si><t>Tissue</t></si><si><t>Celltype</t></si><si/>' +
  '<si><r><t xml:space="preserve">Training dataset </t></r><r><t>cell type</t></r>' +
  '<rPh sb="0" eb="1"><t>hint</t></rPh></si><si><t>T &amp; B &#x3b1;&#946;</t></si></sst>';
const SHEET =
  '<worksheet><sheetData><row r="1"><c r="A1" t="s"><v>0</v></c><c r="C1" s="1" t="s"><v>1</v></c>' +
  '<c r="D1" t="s"><v>3</v></c></row><row r="2" spans="1:4"><c t="inlineStr"><is><t>Brain</t></is>' +
  '</c><c r="B2" s="1"/><c r="C2" t="s"><v>4</v></c><c r="D2" t="str"><f>A1</f><v>x</v></c>' +
  '<c r="AA2"><v>2.5</v></c></row></sheetData></worksheet>';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dance-xlsx-'));
  const parts = { 'xl/sharedStrings.xml': STRINGS, 'xl/worksheets/sheet10.xml': 'other' };
  await writeFile(
    join(folder, 'map.xlsx'),
    zip({ ...parts, '_rels/.rels': '', 'xl/worksheets/sheet1.xml': SHEET }),
  );
  await writeFile(join(folder, 'no-sheet.xlsx'), zip({ 'xl/sharedStrings.xml': STRINGS }));
  await writeFile(join(folder, 'cut.xlsx'), zip(parts).subarray(0, -4));
  await writeFile(join(folder, 'text.xlsx'), 'Tissue,Celltype\n');
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

/** A ZIP archive; every other part is compressed. */
function zip(parts: Record<string, string>): Buffer {
  const [files, directory]: [Buffer[], Buffer[]] = [[], []];
  let place = 0;
  Object.entries(parts).forEach(([name, text], i) => {
    const packed = i % 2 === 0 ? deflateRawSync(text) : Buffer.from(text);
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(name.length, 26);
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt16LE(i % 2 === 0 ? 8 : 0, 10);
    entry.writeUInt32LE(packed.length, 20);
    entry.writeUInt16LE(name.length, 28);
    entry.writeUInt32LE(place, 42);
    files.push(local, Buffer.from(name), packed);
    directory.push(entry, Buffer.from(name));
    place += local.length + name.length + packed.length;
  });
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(Object.keys(parts).length, 10);
  end.writeUInt32LE(place, 16);
  return Buffer.concat([...files, ...directory, end]);
}

describe('an Excel workbook', () => {
  test('gives the texts of its first sheet', async () => {
    const rows = await readXlsx(join(folder, 'map.xlsx'));
    expect(rows[0]).toEqual(['Tissue', '', 'Celltype', 'Training dataset cell type']);
    expect(rows[1]?.slice(0, 4)).toEqual(['Brain', '', 'T & B αβ', 'x']);
    expect([rows[1]?.length, rows[1]?.[26]]).toEqual([27, '2.5']);
  });

  test('holds a map of labels', async () => {
    const map = await readLabelMap(folder, 'Brain', new Set(['x']));
    expect([...map]).toEqual([['T & B αβ', ['x']]]);
    expect((await readLabelMap(folder, 'Lung', new Set(['x']))).size).toBe(0);
  });

  test.each([
    ['text.xlsx', FormatError, /no ZIP archive/],
    ['cut.xlsx', FormatError, /no ZIP archive/],
    ['no-sheet.xlsx', FormatError, /no sheet/],
    ['none.xlsx', IoError, /cannot read/],
  ])('%s is refused', async (name, kind, message) => {
    const rows = readXlsx(join(folder, name));
    await expect(rows).rejects.toThrow(kind);
    await expect(rows).rejects.toThrow(message);
  });
});
