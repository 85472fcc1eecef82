import { BackendError, errorMessage } from '@dance-ts/core';
import { WORKER_SOURCE } from './worker-source.js';

/** A worker that runs {@link WORKER_SOURCE}. */
export interface PoolWorker {
  postMessage(message: unknown): void;
  /** Lets the process end while the worker sleeps. */
  unref(): void;
  terminate(): Promise<void>;
}

/** The parts of a worker of Node that are used. */
interface NodeWorker {
  postMessage(message: unknown): void;
  on(event: 'error', listener: (error: unknown) => void): void;
  unref(): void;
  terminate(): Promise<unknown>;
}

/** The parts of a worker of a browser that are used. */
interface WebWorker {
  postMessage(message: unknown): void;
  terminate(): void;
  onerror: (event: { readonly message?: string; preventDefault(): void }) => void;
}

interface Host {
  readonly process?: { readonly versions?: { readonly node?: string } };
  readonly Worker?: new (url: string) => WebWorker;
  readonly URL: { createObjectURL(blob: unknown): string; revokeObjectURL(url: string): void };
}

/**
 * Starts a worker of Node or of the browser.
 *
 * @param onError - told of what goes wrong in the worker, which would end a process of Node
 * otherwise
 * @throws `BackendError` if the environment has no workers or forbids them
 */
export async function startWorker(onError: (message: string) => void): Promise<PoolWorker> {
  try {
    const host = globalThis as unknown as Host;
    const isNode = host.process?.versions?.node !== undefined;
    return isNode ? await startInNode(onError) : startInBrowser(host, onError);
  } catch (cause) {
    throw new BackendError('a thread could not be started', {
      got: errorMessage(cause),
      remedy: 'Use one thread.',
      cause,
    });
  }
}

async function startInNode(onError: (message: string) => void): Promise<PoolWorker> {
  const specifier = 'node:worker_threads';
  const { Worker } = (await import(specifier)) as {
    Worker: new (source: string, options: { eval: true; execArgv: string[] }) => NodeWorker;
  };
  // Flags of the main program (loaders, kinds of input) are not meant for this one.
  const worker = new Worker(WORKER_SOURCE, { eval: true, execArgv: [] });
  worker.on('error', (error) => {
    onError(errorMessage(error));
  });
  return {
    postMessage: (message) => {
      worker.postMessage(message);
    },
    unref: () => {
      worker.unref();
    },
    terminate: async () => {
      await worker.terminate();
    },
  };
}

function startInBrowser({ Worker, URL }: Host, onError: (message: string) => void): PoolWorker {
  if (Worker === undefined) throw new Error('this environment has no workers');
  const url = URL.createObjectURL(new Blob([WORKER_SOURCE], { type: 'text/javascript' }));
  const worker = new Worker(url);
  worker.onerror = (event) => {
    event.preventDefault();
    onError(event.message ?? 'unknown error');
  };
  return {
    postMessage: (message) => {
      worker.postMessage(message);
    },
    unref: () => undefined,
    terminate: () => {
      worker.terminate();
      URL.revokeObjectURL(url);
      return Promise.resolve();
    },
  };
}
