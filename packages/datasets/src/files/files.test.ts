import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { AbortError, DataError, IoError, ParamError, silentReporter, toCsr } from '@dance-ts/core';
import { describeDataset, listDatasets } from '../catalogue/catalogue.js';
import { loadDataset } from '../load-dataset.node.js';
import { sha256OfPath, verifyFile } from './checksum.node.js';
import { downloadFile } from './download.node.js';
import { resolveDatasetFile } from './resolve.node.js';

const CONTENT = Buffer.from(Array.from({ length: 200_000 }, (_, i) => (i * 7) % 251));
const PINNED = {
  sha256: createHash('sha256').update(CONTENT).digest('hex'),
  bytes: CONTENT.length,
};
const LOCAL = { allowHttpFrom: '127.0.0.1', backoffMs: 1, reporter: silentReporter };

let folder: string;
let server: Server | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dance-datasets-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
  server?.closeAllConnections();
  server?.close();
  server = undefined;
});

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** A local server; returns the address of a file on it and the ranges it was asked for. */
async function serve(handler: Handler): Promise<{ url: string; ranges: string[] }> {
  const ranges: string[] = [];
  const started = createServer((request, response) => {
    ranges.push(request.headers.range ?? 'all');
    handler(request, response);
  });
  server = started;
  await new Promise<void>((resolve) => {
    started.listen(0, '127.0.0.1', resolve);
  });
  const { port } = started.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/file.h5`, ranges };
}

const sendWhole: Handler = (_, response) => response.end(CONTENT);

const sendRange: Handler = (request, response) => {
  const start = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
  response.writeHead(start > 0 ? 206 : 200).end(CONTENT.subarray(start));
};

describe('sha256OfPath', () => {
  test('of a file, and of a folder by the names and contents of its files', async () => {
    const write = (name: string, content: string): void => {
      writeFileSync(join(folder, name), content);
    };
    write('b', 'two');
    write('a', 'one');
    const digest = (text: string): string => createHash('sha256').update(text).digest('hex');
    expect(await sha256OfPath(join(folder, 'a'))).toBe(digest('one'));
    expect(await sha256OfPath(folder)).toBe(digest(`a ${digest('one')}\nb ${digest('two')}\n`));
    await expect(sha256OfPath(join(folder, 'c'))).rejects.toThrow(IoError);
  });
});

describe('downloadFile', () => {
  test('writes the whole file under its own name', async () => {
    const { url } = await serve(sendWhole);
    const target = join(folder, 'deep', 'file.h5');
    await downloadFile(url, target, PINNED, LOCAL);
    expect(readFileSync(target).equals(CONTENT)).toBe(true);
    expect(() => readFileSync(`${target}.part`)).toThrow();
  });

  test('continues where an earlier download broke off', async () => {
    let first = true;
    const { url, ranges } = await serve((request, response) => {
      if (!first) {
        sendRange(request, response);
        return;
      }
      first = false;
      response.writeHead(200, { 'content-length': CONTENT.length });
      response.write(CONTENT.subarray(0, 70_000), () => {
        setTimeout(() => response.destroy(), 50);
      });
    });
    const target = join(folder, 'file.h5');
    await downloadFile(url, target, PINNED, LOCAL);
    expect(readFileSync(target).equals(CONTENT)).toBe(true);
    expect(ranges[0]).toBe('all');
    expect(ranges[1]).toBe('bytes=70000-');
  });

  test('begins anew at a server that knows no ranges', async () => {
    const { url } = await serve(sendWhole);
    const target = join(folder, 'file.h5');
    writeFileSync(`${target}.part`, CONTENT.subarray(0, 1000));
    await downloadFile(url, target, PINNED, LOCAL);
    expect(readFileSync(target).equals(CONTENT)).toBe(true);
  });

  test('another file of the same size is refused and not kept', async () => {
    const other = Buffer.from(CONTENT).fill(1, 5, 6);
    const { url } = await serve((_, response) => response.end(other));
    const target = join(folder, 'file.h5');
    await expect(downloadFile(url, target, PINNED, LOCAL)).rejects.toThrow(DataError);
    expect(() => readFileSync(target)).toThrow();
    expect(() => readFileSync(`${target}.part`)).toThrow();
  });

  test('a file that is too long is cut off', async () => {
    const { url } = await serve((_, response) => {
      response.end(Buffer.concat([CONTENT, CONTENT]));
    });
    const download = downloadFile(url, join(folder, 'file.h5'), PINNED, LOCAL);
    await expect(download).rejects.toThrow(/sends more/);
  });

  test('404: one line, no second try', async () => {
    const { url, ranges } = await serve((_, response) => response.writeHead(404).end());
    const download = downloadFile(url, join(folder, 'file.h5'), PINNED, LOCAL);
    await expect(download).rejects.toThrow(/status 404/);
    expect(ranges).toHaveLength(1);
  });

  test('a server error is tried again, then reported', async () => {
    const { url, ranges } = await serve((_, response) => response.writeHead(503).end());
    const download = downloadFile(url, join(folder, 'file.h5'), PINNED, LOCAL);
    await expect(download).rejects.toThrow(IoError);
    expect(ranges).toHaveLength(3);
  });

  test('redirects end somewhere', async () => {
    const { url } = await serve((request, response) => {
      response.writeHead(302, { location: `${request.url ?? ''}x` }).end();
    });
    const download = downloadFile(url, join(folder, 'file.h5'), PINNED, { ...LOCAL, tries: 1 });
    await expect(download).rejects.toThrow(/redirects more than/);
  });

  test('plain http is refused', async () => {
    const { url } = await serve(sendWhole);
    const options = { reporter: silentReporter };
    await expect(downloadFile(url, join(folder, 'f'), PINNED, options)).rejects.toThrow(/https/);
  });

  test('stops when asked to and keeps what it has for the next time', async () => {
    const { url } = await serve((_, response) => {
      response.writeHead(200);
      response.write(CONTENT.subarray(0, 50_000));
    });
    const abort = new AbortController();
    const reporter = {
      ...silentReporter,
      progress: () => {
        abort.abort();
      },
    };
    const target = join(folder, 'file.h5');
    const options = { ...LOCAL, reporter, signal: abort.signal };
    await expect(downloadFile(url, target, PINNED, options)).rejects.toThrow(AbortError);
    expect(() => readFileSync(target)).toThrow();
    expect(readFileSync(`${target}.part`).length).toBeGreaterThan(0);
  });
});

describe('resolveDatasetFile', () => {
  const noEnvironment = { ...process.env };
  beforeEach(() => {
    delete process.env['DANCE_DATA_DIR'];
  });
  afterEach(() => {
    process.env = { ...noEnvironment };
  });

  test('simulated data need no file', async () => {
    expect(await resolveDatasetFile('sim-clustering')).toBeUndefined();
  });

  test('an unknown name lists the similar ones first', async () => {
    await expect(resolveDatasetFile('worm_neurons')).rejects.toThrow(ParamError);
    await expect(resolveDatasetFile('worm_neurons')).rejects.toThrow(/one of worm_neuron,/);
  });

  test('a data folder without the file says which file it should hold', async () => {
    const resolve = resolveDatasetFile('worm_neuron', { dataDir: folder });
    await expect(resolve).rejects.toThrow(/clustering\/worm_neuron\.h5ad/);
  });

  test('another file under the right name is refused', async () => {
    mkdirSync(join(folder, 'clustering'));
    writeFileSync(join(folder, 'clustering', 'worm_neuron.h5ad'), 'something else');
    const resolve = resolveDatasetFile('worm_neuron', { dataDir: folder });
    await expect(resolve).rejects.toThrow(/not the file the catalogue describes.*14 bytes/);
  });

  test('the same size is not enough', async () => {
    const path = join(folder, 'file');
    writeFileSync(path, Buffer.from(CONTENT).fill(9, 100, 101));
    await expect(verifyFile(path, PINNED)).rejects.toThrow(/sha256/);
    writeFileSync(path, CONTENT);
    await expect(verifyFile(path, PINNED)).resolves.toBeUndefined();
  });

  test('offline and nowhere on the machine: says what to do', async () => {
    const options = { cacheDir: folder, offline: true };
    await expect(resolveDatasetFile('worm_neuron', options)).rejects.toThrow(/downloads are off/);
    process.env['DANCE_OFFLINE'] = '1';
    const resolve = resolveDatasetFile('worm_neuron', { cacheDir: folder });
    await expect(resolve).rejects.toThrow(/DANCE_OFFLINE/);
  });

  test('without a public file it asks for a folder', async () => {
    const resolve = resolveDatasetFile('baron_mouse', { cacheDir: folder });
    await expect(resolve).rejects.toThrow(/cannot be downloaded.*--data-dir.*GSE84133/);
  });
});

describe('catalogue', () => {
  test('names, aliases and paths are unique; checksums are whole', () => {
    const entries = listDatasets();
    const names = entries.flatMap((entry) => [entry.name, ...(entry.aliases ?? [])]);
    expect(new Set(names).size).toBe(names.length);
    for (const { file, source, origin } of entries) {
      for (const pinned of [file, source]) {
        if (pinned) expect(pinned.sha256).toMatch(/^[0-9a-f]{64}$/);
      }
      if (source) expect(source.url).toMatch(/^https:\/\/.*\/[0-9a-f]{40}\//);
      else expect(origin !== undefined).toBe(file !== null);
    }
  });

  test('an alias is the same data set', () => {
    expect(describeDataset('worm_neuron_cell').name).toBe('worm_neuron');
  });
});

const dataDir = process.env['DANCE_DATA_DIR'];
const onRealData = dataDir === undefined ? test.skip : test;
if (dataDir === undefined) console.warn('tests on real data skipped: DANCE_DATA_DIR is not set');

onRealData('every prepared file is the one of the catalogue', async () => {
  for (const { name } of listDatasets()) await resolveDatasetFile(name, { dataDir });
});

/** Files below this size are also read; the others would take minutes. */
const READ_BELOW_BYTES = 600_000;

onRealData('small prepared files hold what the catalogue says', async () => {
  for (const entry of listDatasets()) {
    if (entry.file === null || entry.file.bytes >= READ_BELOW_BYTES) continue;
    const data = await loadDataset(entry.name, { dataDir });
    const { codes } = entry.labelKey === undefined ? { codes: [] } : data.labels(entry.labelKey);
    const nClasses = new Set([...codes].filter((code) => code >= 0)).size;
    const { name, nObs, nVars } = entry;
    expect({ name, nObs: data.nObs, nVars: data.nVars, nClasses }).toEqual({
      ...{ name, nObs, nVars },
      nClasses: entry.nClasses,
    });
    if (entry.task !== 'imputation' && !entry.alsoFor?.includes('imputation')) continue;
    const isWhole = toCsr(data.X).data.every((value) => Number.isInteger(value) && value >= 0);
    expect([name, isWhole]).toEqual([name, true]);
  }
});

onRealData('the prepared public file equals the prepared one, element by element', async () => {
  // The public source file of worm_neuron lies among the reader samples of the data folder.
  const entry = describeDataset('worm_neuron');
  const original = readFileSync(join(dataDir ?? '', 'readers', 'worm_neuron_cell.h5'));
  if (entry.source === null) throw new Error('worm_neuron has no source');
  const { host } = new URL((await serve((_, response) => response.end(original))).url);
  const target = join(folder, `worm_neuron-${entry.source.sha256.slice(0, 12)}.h5`);
  await downloadFile(`http://${host}/worm.h5`, target, entry.source, LOCAL);
  const environment = process.env['DANCE_DATA_DIR'];
  delete process.env['DANCE_DATA_DIR'];
  try {
    const downloaded = await loadDataset('worm_neuron', { cacheDir: folder, offline: true });
    const prepared = await loadDataset('worm_neuron', { dataDir });
    expect(downloaded.X).toEqual(prepared.X);
    expect(downloaded.obsNames).toEqual(prepared.obsNames);
    expect(downloaded.varNames).toEqual(prepared.varNames);
    const [a, b] = [downloaded, prepared].map((data) => {
      const { codes, categories } = data.labels('cell_type');
      return Array.from(codes, (code) => String(categories[code]));
    });
    expect(a).toEqual(b);
  } finally {
    process.env['DANCE_DATA_DIR'] = environment;
  }
});

onRealData('a file of the competition becomes the prepared one', async () => {
  // The public file of bmmc_cite_rna lies among the reader samples of the data folder.
  const { source } = describeDataset('bmmc_cite_rna');
  if (source === null) throw new Error('bmmc_cite_rna has no source');
  const original = readFileSync(join(dataDir ?? '', 'readers', 'bmmc_cite_starter_rna.h5ad'));
  writeFileSync(join(folder, `bmmc_cite_rna-${source.sha256.slice(0, 12)}.h5ad`), original);
  const environment = process.env['DANCE_DATA_DIR'];
  delete process.env['DANCE_DATA_DIR'];
  try {
    const downloaded = await loadDataset('bmmc_cite_rna', { cacheDir: folder, offline: true });
    const prepared = await loadDataset('bmmc_cite_rna', { dataDir });
    expect(downloaded.X).toEqual(prepared.X);
    expect(downloaded.layers.get('normalized')).toEqual(prepared.layers.get('normalized'));
    expect(downloaded.obsNames).toEqual(prepared.obsNames);
    for (const column of ['split', 'cell_type', 'batch']) {
      const [a, b] = [downloaded, prepared].map((data) => {
        const { codes, categories } = data.labels(column);
        return Array.from(codes, (code) => String(categories[code]));
      });
      expect(a).toEqual(b);
    }
  } finally {
    process.env['DANCE_DATA_DIR'] = environment;
  }
});
