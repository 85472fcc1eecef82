/** What the bench scripts have in common: flags, the run, the table and the result file. */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { runCases } from './harness.mjs';
import { busyWarning, describeLoad, machine, ownVersions, watchLoad } from './machine.mjs';
import { AVX2_ENVIRONMENT, Peer, findPython } from './peer.mjs';
import { formatTable } from './report.mjs';
import { writeFormatted } from './write-file.mjs';

const USAGE = `flags: [--threads 1] [--rounds 3] [--repeats 5] [--min-sample-ms 5] [--timeout-s 300]
       [--case NAME,NAME] [--out FILE.json] [--date ISO-DATE] [--avx2]
--avx2 also compares with PyTorch held to vectors of 256 bits.
Set DANCE_BENCH_PYTHON to a Python with PyTorch to compare with.
`;

/**
 * Runs cases as the command line says, prints the table and writes the result as JSON.
 * @param {{id: string, cases: import('./harness.mjs').BenchCase[],
 * versions?: Record<string, string>}} bench id: `kernels`, `step`; versions: more that tells our
 * side's speed, such as the variant of the kernels
 * @param {string[]} [args]
 * @returns {Promise<import('./report.mjs').Result | null>} null if only help was wanted
 */
export async function bench({ id: name, cases: all, versions = {} }, args = process.argv.slice(2)) {
  const { id, cases } = forDevice(name, all, process.env['DANCE_DEVICE'] ?? 'wasm');
  const flags = parseFlags(args);
  if (flags === null) {
    process.stdout.write(USAGE);
    return null;
  }
  const chosen = chooseCases(cases, flags.names);
  const python = findPython();
  const { threads } = flags.settings;
  const peer = python === null ? null : new Peer({ python, threads });
  const avx2Peer =
    python === null || !flags.avx2 ? null : new Peer({ python, threads, env: AVX2_ENVIRONMENT });
  try {
    const result = await measureAll(id, chosen, { peer, avx2Peer }, flags, versions);
    process.stdout.write(`\n${formatTable(result.rows)}`);
    const out = flags.out ?? defaultOut(id, flags.settings.threads);
    await writeFormatted(out, JSON.stringify(result));
    process.stderr.write(`${describeLoad(result.load)}\nwrote ${out}\n`);
    if (result.warning !== null) process.stderr.write(`warning: ${result.warning}\n`);
    return result;
  } finally {
    await peer?.close();
    await avx2Peer?.close();
  }
}

/** On another device than the default the result has a name and aims of its own. */
function forDevice(id, cases, device) {
  if (device === 'wasm') return { id, cases };
  const aimed = cases.filter(({ blasAim }) => device !== 'blas' || blasAim !== undefined);
  return { id: `${id}-${device}`, cases: aimed.map((c) => ({ ...c, aim: c.blasAim ?? null })) };
}

async function measureAll(id, cases, { peer, avx2Peer }, { settings, timeoutMs, date }, versions) {
  if (peer === null) process.stderr.write('no DANCE_BENCH_PYTHON: comparing with stock tfjs\n');
  const peerVersions = peer === null ? null : await versionsOf(peer, timeoutMs);
  const endWatch = watchLoad(() => (peer?.cpuMs ?? 0) + (avx2Peer?.cpuMs ?? 0));
  const rows = await runCases(cases, { ...settings, peer, avx2Peer, timeoutMs }, ({ name }) =>
    process.stderr.write(`${name} done\n`),
  );
  const load = endWatch();
  return {
    schema: 1,
    id,
    date,
    machine: machine(),
    versions: { ours: { ...ownVersions(), ...versions }, peer: peerVersions },
    settings,
    load,
    warning: busyWarning(load),
    rows,
  };
}

async function versionsOf(peer, timeoutMs) {
  try {
    return await peer.versions(timeoutMs);
  } catch (cause) {
    const remedy = 'pip install -r packages/bench/peers/requirements.txt';
    throw new Error(`DANCE_BENCH_PYTHON has no PyTorch that works; ${remedy}`, { cause });
  }
}

function parseFlags(args) {
  const { values } = parseArgs({
    args,
    options: {
      threads: { type: 'string', default: '1' },
      rounds: { type: 'string', default: '3' },
      repeats: { type: 'string', default: '5' },
      'min-sample-ms': { type: 'string', default: '5' },
      'timeout-s': { type: 'string', default: '300' },
      case: { type: 'string' },
      out: { type: 'string' },
      date: { type: 'string' },
      avx2: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return null;
  return {
    settings: {
      threads: atLeastOne('threads', values.threads),
      rounds: atLeastOne('rounds', values.rounds),
      repeats: atLeastOne('repeats', values.repeats),
      minSampleMs: atLeastOne('min-sample-ms', values['min-sample-ms']),
    },
    timeoutMs: 1000 * atLeastOne('timeout-s', values['timeout-s']),
    names: values.case?.split(','),
    avx2: values.avx2,
    out: values.out,
    date: values.date ?? new Date().toISOString(),
  };
}

function atLeastOne(name, text) {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) {
    throw new Error(`--${name} ${text}: give a whole number from 1`);
  }
  return value;
}

/** Cases by their own name or the peer's. */
function chooseCases(cases, names) {
  if (names === undefined) return cases;
  const isNamed = (name) => (benchCase) => [benchCase.name, benchCase.peerCase].includes(name);
  const unknown = names.filter((name) => !cases.some(isNamed(name)));
  if (unknown.length > 0) {
    const known = cases.map(({ peerCase }) => peerCase).join(', ');
    throw new Error(`--case ${unknown.join(',')}: there are ${known}`);
  }
  return cases.filter((benchCase) => names.some((name) => isNamed(name)(benchCase)));
}

function defaultOut(id, threads) {
  return fileURLToPath(new URL(`../results/${id}-${threads}t.json`, import.meta.url));
}
