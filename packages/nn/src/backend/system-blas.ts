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

/** The part of Node's file system that is used. */
interface FileSystem {
  readonly readFile: (path: string, encoding: 'utf8') => Promise<string>;
}

type Environment = Record<string, string | undefined>;

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

/** What OpenBLAS calls the code for all processors with these vectors of 512 bits. */
const WIDE_CORE = 'SKYLAKEX';
const CORE_VARIABLE = 'OPENBLAS_CORETYPE';
const WIDE_FLAGS = ['avx512f', 'avx512cd', 'avx512bw', 'avx512dq', 'avx512vl'];

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
  const core = await coreOfProcessor();
  for (const name of candidates) {
    const library = withCore(env, core, () => tryLoad(koffi, name));
    if (library !== undefined) return wrap(library, threads ?? (await coreCount()));
  }
  throw new BackendError('no BLAS library was found', {
    got: `tried ${candidates.join(', ') || 'none: unknown platform'}`,
    remedy: 'Install OpenBLAS (Debian: apt install libopenblas0), or use --device wasm.',
  });
}

/**
 * The code OpenBLAS should take if it does not know the processor described in /proc/cpuinfo: one
 * newer than the library gets that for AVX2 even where it has AVX-512, at half the speed (OpenBLAS
 * 0.3.21 on Zen 5: 107 against 205 GFLOP/s on one core).
 */
export function openblasCore(cpuinfo: string): string | undefined {
  const flags = new Set(/^flags\s*:(.*)$/m.exec(cpuinfo)?.[1]?.split(' '));
  return WIDE_FLAGS.every((flag) => flags.has(flag)) ? WIDE_CORE : undefined;
}

async function coreOfProcessor(): Promise<string | undefined> {
  const specifier = 'node:fs/promises';
  try {
    const { readFile } = (await import(specifier)) as FileSystem;
    return openblasCore(await readFile('/proc/cpuinfo', 'utf8'));
  } catch {
    return undefined; // Not Linux: the library decides.
  }
}

/** OpenBLAS reads its variable once, when it is loaded; what the user has set stays. */
function withCore<T>(env: Environment | undefined, core: string | undefined, load: () => T): T {
  if (env === undefined || core === undefined || env[CORE_VARIABLE] !== undefined) return load();
  env[CORE_VARIABLE] = core;
  try {
    return load();
  } finally {
    Reflect.deleteProperty(env, CORE_VARIABLE);
  }
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

/** Like `openblas-0.3.21-skylakex`; of others the name of the file. */
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
