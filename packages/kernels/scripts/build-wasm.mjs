/**
 * Compiles assembly/index.ts to WebAssembly and writes each binary as a TypeScript module with the
 * bytes in base64, so that they load the same way in Node, in a browser and through a bundler.
 */
import { mkdirSync, readdirSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const PACKAGE = fileURLToPath(new URL('..', import.meta.url));
const SOURCES = join(PACKAGE, 'assembly');
const TARGET = join(PACKAGE, 'src', 'generated');
const VARIANTS = [
  { file: 'wasm-baseline.ts', name: 'WASM_BASELINE', features: 'simd,bulk-memory' },
  { file: 'wasm-relaxed.ts', name: 'WASM_RELAXED', features: 'simd,bulk-memory,relaxed-simd' },
  ...['baseline', 'relaxed'].map((kind) => ({
    file: `wasm-${kind}-shared.ts`,
    name: `WASM_${kind.toUpperCase()}_SHARED`,
    features: `simd,bulk-memory,threads${kind === 'relaxed' ? ',relaxed-simd' : ''}`,
    shared: true,
  })),
];

function modified(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function isUpToDate() {
  const sources = readdirSync(SOURCES).map((name) => join(SOURCES, name));
  const newest = Math.max(...[...sources, fileURLToPath(import.meta.url)].map(modified));
  return VARIANTS.every(({ file }) => modified(join(TARGET, file)) > newest);
}

async function compile({ features, shared = false }) {
  let binary;
  const { error, stderr } = await asc.main(
    [
      ...['assembly/index.ts', '--baseDir', PACKAGE, '--outFile', 'kernels.wasm'],
      ...['-O3', '--noAssert', '--runtime', 'stub', '--importMemory', '--enable', features],
      // All of the address space: the memory is made by the caller and grows as it needs.
      ...(shared ? ['--sharedMemory', '--maximumMemory', '65536'] : []),
    ],
    { writeFile: (_name, contents) => void (binary = contents) },
  );
  if (error !== null || binary === undefined) {
    throw new Error(`AssemblyScript failed: ${error?.message ?? 'no output'}\n${stderr}`);
  }
  return binary;
}

/** The module must bring no data and need nothing but memory: it is put on a foreign heap. */
function assertStateless(binary) {
  const sections = sectionIds(binary);
  if (sections.includes(11)) throw new Error('The kernel module has static data.');
  if (sections.includes(8)) throw new Error('The kernel module has a start function.');
}

function sectionIds(binary) {
  const ids = [];
  let at = 8; // past magic number and version
  while (at < binary.length) {
    ids.push(binary[at++]);
    let size = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = binary[at++];
      size += (byte & 127) * 2 ** shift;
      if (byte < 128) break;
    }
    at += size;
  }
  return ids;
}

/** Writes beside and renames, so that a parallel build never sees half a file. */
function writeModule(file, name, binary) {
  const base64 = Buffer.from(binary).toString('base64');
  const text = `/** Kernel module, ${binary.length} bytes in base64; made from assembly/. */\nexport const ${name} =\n  '${base64}';\n`;
  const temporary = join(TARGET, `${file}.${process.pid}`);
  writeFileSync(temporary, text);
  renameSync(temporary, join(TARGET, file));
}

if (!isUpToDate()) {
  mkdirSync(TARGET, { recursive: true });
  for (const variant of VARIANTS) {
    const { file, name } = variant;
    const binary = await compile(variant);
    assertStateless(binary);
    writeModule(file, name, binary);
    console.log(`${file}: ${binary.length} bytes`);
  }
}
