import { BackendError, errorMessage } from '@dance-ts/core';
import type { GemmArgs, Kernels } from '@dance-ts/kernels';

/** A BLAS library of this machine. */
export interface SystemBlas {
  /** Name, version, the processor its code is for and threads: all that changes rounding. */
  readonly id: string;
  /** Matrix product, as the kernel of that name. */
  gemm(args: GemmArgs): void;
}

/** Options of {@link loadSystemBlas}. */
export interface BlasOptions {
  /** Threads BLAS may use; default all cores. */
  readonly threads?: number | undefined;
}

/** The part of the package koffi that is used. */
interface Koffi {
  load(path: string): { func(prototype: string): (...args: unknown[]) => unknown };
}

interface Library {
  readonly name: string;
  readonly func: (prototype: string) => (...args: unknown[]) => unknown;
}

const ROW_MAJOR = 101;
const NO_TRANSPOSE = 111;
const TRANSPOSE = 112;
const SGEMM =
  'void cblas_sgemm(int order, int transA, int transB, int m, int n, int k, float alpha, ' +
  'const void *a, int lda, const void *b, int ldb, float beta, void *c, int ldc)';

/** Libraries to look for; a plain reference BLAS would be slower than our kernels and is not. */
const CANDIDATES: Readonly<Record<string, readonly string[]>> = {
  linux: ['libopenblas.so.0', 'libopenblas.so', 'libmkl_rt.so.2', 'libmkl_rt.so', 'libblis.so.4'],
  darwin: [
    '/System/Library/Frameworks/Accelerate.framework/Accelerate',
    'libopenblas.dylib',
    '/opt/homebrew/opt/openblas/lib/libopenblas.dylib',
  ],
  win32: ['libopenblas.dll', 'openblas.dll', 'mkl_rt.2.dll'],
};

/**
 * Loads a BLAS library through the optional package koffi, which needs no compiler. The environment
 * variable DANCE_BLAS names a library to take instead of those known.
 *
 * @throws BackendError if koffi is not installed or no library is found
 */
export async function loadSystemBlas({ threads }: BlasOptions = {}): Promise<SystemBlas> {
  const koffi = await importKoffi();
  const { platform, env } = (globalThis as { process?: NodeJS.Process }).process ?? {};
  const named = env?.['DANCE_BLAS'];
  const candidates =
    named === undefined || named === '' ? (CANDIDATES[platform ?? ''] ?? []) : [named];
  for (const name of candidates) {
    const library = tryLoad(koffi, name);
    if (library !== undefined) return wrap(library, threads ?? (await coreCount()));
  }
  throw new BackendError('no BLAS library was found', {
    got: `tried ${candidates.join(', ') || 'none: unknown platform'}`,
    remedy: 'Install OpenBLAS (Debian: apt install libopenblas0), or use --device wasm.',
  });
}

/** Kernels whose matrix product is that of a BLAS library. */
export function withBlas(kernels: Kernels, blas: SystemBlas): Kernels {
  return {
    ...kernels,
    gemm: (args) => {
      blas.gemm(args);
    },
  };
}

async function importKoffi(): Promise<Koffi> {
  const specifier = 'koffi';
  try {
    const module = (await import(specifier)) as { default: Koffi };
    return module.default;
  } catch (cause) {
    throw new BackendError('device "blas" needs the optional package koffi', {
      got: errorMessage(cause).slice(0, 120),
      remedy: 'Run "npm install koffi", or use --device wasm.',
      cause,
    });
  }
}

function tryLoad(koffi: Koffi, name: string): Library | undefined {
  try {
    const library = koffi.load(name);
    library.func(SGEMM);
    return { name, func: (prototype) => library.func(prototype) };
  } catch {
    return undefined;
  }
}

function wrap(library: Library, threads: number): SystemBlas {
  const sgemm = library.func(SGEMM);
  setThreads(library, threads);
  return {
    id: `${versionOf(library)}/${threads}t`,
    gemm: ({ m, n, k, a, b, out, transposeA = false, transposeB = false, accumulate = false }) => {
      if (m === 0 || n === 0) return;
      sgemm(
        ROW_MAJOR,
        transposeA ? TRANSPOSE : NO_TRANSPOSE,
        transposeB ? TRANSPOSE : NO_TRANSPOSE,
        ...[m, n, k, 1],
        ...[a, Math.max(1, transposeA ? m : k), b, Math.max(1, transposeB ? k : n)],
        ...[accumulate ? 1 : 0, out, n],
      );
    },
  };
}

function setThreads(library: Library, threads: number): void {
  optional(library, 'void openblas_set_num_threads(int n)')?.(threads);
  optional(library, 'void MKL_Set_Num_Threads(int n)')?.(threads);
  optional(library, 'void bli_thread_set_num_threads(long n)')?.(threads);
}

/** Like `openblas-0.3.21-haswell`, after the processor its code is for; of others the file's name. */
function versionOf(library: Library): string {
  const config = optional(library, 'const char *openblas_get_config()')?.();
  const version = typeof config === 'string' ? /[\d.]+\d/.exec(config)?.[0] : undefined;
  if (version !== undefined) {
    const core = optional(library, 'const char *openblas_get_corename()')?.();
    return ['openblas', version, ...(typeof core === 'string' ? [core.toLowerCase()] : [])].join(
      '-',
    );
  }
  return (library.name.split('/').pop() ?? library.name).replace(/^lib/, '').split('.')[0]!;
}

function optional(
  library: Library,
  prototype: string,
): ((...args: unknown[]) => unknown) | undefined {
  try {
    return library.func(prototype);
  } catch {
    return undefined;
  }
}

async function coreCount(): Promise<number> {
  const specifier = 'node:os';
  const os = (await import(specifier)) as { availableParallelism(): number };
  return os.availableParallelism();
}
