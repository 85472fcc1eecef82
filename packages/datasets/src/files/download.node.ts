import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { DataError, errorMessage, IoError, throwIfAborted, type RunOptions } from '@dance-ts/core';
import type { PinnedFile } from '../catalogue/entry.js';

/** Options of {@link downloadFile}. */
export interface DownloadOptions extends RunOptions {
  /** Tries in all before giving up, default 3. */
  readonly tries?: number;
  /** Pause before the second try, doubled each time; default 500 ms. */
  readonly backoffMs?: number;
  /** Also take plain http from this host, for tests against a local server. */
  readonly allowHttpFrom?: string;
}

const MAX_REDIRECTS = 5;

/**
 * Downloads a pinned file: https only, checked against size and SHA-256, written beside its target
 * as `.part` (an interrupted download is continued from there) and renamed when it is whole.
 *
 * @throws IoError if the server cannot be reached or answers with an error
 * @throws DataError if what it sends is not the pinned file; AbortError
 */
export async function downloadFile(
  url: string,
  target: string,
  pinned: PinnedFile,
  options: DownloadOptions = {},
): Promise<void> {
  const { tries = 3, backoffMs = 500 } = options;
  const part = `${target}.part`;
  await mkdir(dirname(target), { recursive: true });
  for (let attempt = 1; ; attempt++) {
    throwIfAborted(options.signal);
    try {
      await fetchInto(part, url, pinned, options);
      break;
    } catch (error) {
      throwIfAborted(options.signal);
      if (
        !(error instanceof IoError) ||
        error.detail.got?.startsWith('status 4') ||
        attempt >= tries
      )
        throw error;
      options.reporter?.message('warning', `${errorMessage(error)}; trying again`);
      await wait(backoffMs * 2 ** (attempt - 1), undefined, { signal: options.signal });
    }
  }
  await rename(part, target);
}

/** Fetches what is missing of `part` and checks the whole. */
async function fetchInto(
  part: string,
  url: string,
  pinned: PinnedFile,
  options: DownloadOptions,
): Promise<void> {
  let start = await sizeOf(part);
  if (start > pinned.bytes) {
    await rm(part);
    start = 0;
  }
  let hash = await hashOf(part, start);
  if (start < pinned.bytes) {
    const response = await request(url, start, options);
    if (start > 0 && response.status !== 206) {
      // The server sends the whole file: begin anew.
      start = 0;
      hash = createHash('sha256');
    }
    await append(part, start, response, hash, pinned, url, options);
  }
  const sha256 = hash.digest('hex');
  if (sha256 === pinned.sha256) return;
  await rm(part);
  throw new DataError(`${url} is not the file the catalogue describes`, {
    got: `sha256 ${sha256}`,
    expected: pinned.sha256,
    remedy: 'The source has changed; get the file elsewhere and use --data-dir.',
  });
}

async function request(url: string, start: number, options: DownloadOptions): Promise<Response> {
  let address = new URL(url);
  for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
    assertAllowed(address, options);
    let response: Response;
    try {
      response = await fetch(address, {
        headers: start > 0 ? { range: `bytes=${start}-` } : {},
        redirect: 'manual',
        signal: options.signal ?? null,
      });
    } catch (cause) {
      throwIfAborted(options.signal);
      throw new IoError(`cannot reach ${address.host}`, {
        got: errorMessage((cause as { cause?: unknown }).cause ?? cause),
        remedy: 'Check the connection, or get the file by hand and use --data-dir.',
        cause,
      });
    }
    const location = response.headers.get('location');
    if (response.status >= 300 && response.status < 400 && location !== null) {
      address = new URL(location, address);
      continue;
    }
    if (response.ok) return response;
    throw new IoError(`${url} cannot be downloaded`, {
      got: `status ${response.status}`,
      remedy: 'Get the file elsewhere and use --data-dir.',
    });
  }
  throw new IoError(`${url} redirects more than ${MAX_REDIRECTS} times`, {
    remedy: 'Get the file elsewhere and use --data-dir.',
  });
}

function assertAllowed(address: URL, { allowHttpFrom }: DownloadOptions): void {
  if (address.protocol === 'https:') return;
  if (address.protocol === 'http:' && address.hostname === allowHttpFrom) return;
  throw new DataError(`${address.href} is not downloaded`, { expected: 'an https address' });
}

async function append(
  part: string,
  start: number,
  response: Response,
  hash: Hash,
  pinned: PinnedFile,
  url: string,
  { signal, reporter }: DownloadOptions,
): Promise<void> {
  const file = await open(part, start === 0 ? 'w' : 'r+');
  let done = start;
  try {
    for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
      throwIfAborted(signal);
      if (done + chunk.length > pinned.bytes) {
        throw new DataError(`${url} sends more than the catalogue says`, {
          got: `over ${done} bytes`,
          expected: `${pinned.bytes}`,
        });
      }
      await file.write(chunk, 0, chunk.length, done);
      hash.update(chunk);
      done += chunk.length;
      reporter?.progress({ task: 'download: bytes', done, total: pinned.bytes });
    }
    await file.sync();
  } catch (cause) {
    if (cause instanceof DataError) {
      await rm(part, { force: true });
      throw cause;
    }
    throwIfAborted(signal);
    throw new IoError(`the download of ${url} broke off`, {
      got: `${done} of ${pinned.bytes} bytes`,
      remedy: 'Run the command again: it continues from there.',
      cause,
    });
  } finally {
    await file.close();
  }
  if (done < pinned.bytes) {
    throw new IoError(`the download of ${url} broke off`, {
      got: `${done} of ${pinned.bytes} bytes`,
      remedy: 'Run the command again: it continues from there.',
    });
  }
}

async function hashOf(path: string, length: number): Promise<Hash> {
  const hash = createHash('sha256');
  if (length === 0) return hash;
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash;
}

async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    (status) => status.size,
    () => 0,
  );
}
