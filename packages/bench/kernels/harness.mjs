/**
 * Runs cases on our side and the other, in turns: ours, theirs, ours, theirs, ... so that a change
 * of the machine's speed meets both. The smallest time of each counts: CPU time for one thread,
 * wall time for more.
 */
import { compare } from './report.mjs';
import { localSide, peerSide } from './sides.mjs';

/**
 * @typedef {object} Side one side of a case, with its inputs
 * @property {() => void | Promise<void>} run the timed work; returns a promise only if it has to
 * wait
 * @property {number} [check] a number computed from the result, for comparison with the peer's
 * @property {() => void} dispose
 *
 * @typedef {{threads: number, sizes: Record<string, unknown>}} PrepareContext
 *
 * @typedef {object} BenchCase
 * @property {string} name
 * @property {number | null} aim least ratio peer time / our time wanted; null for none
 * @property {number} [blasAim] the same with the machine's BLAS (DANCE_DEVICE=blas)
 * @property {Record<string, unknown>} sizes passed to both sides
 * @property {string} peerCase name of the case in packages/bench/peers
 * @property {(context: PrepareContext) => Promise<Side>} [prepare] our side; without it only the
 * other side is timed
 * @property {(context: PrepareContext) => Promise<Side>} [stock] the same work in TensorFlow.js as
 * it comes, compared with where there is no PyTorch
 * @property {number} [tolerance] relative difference of the check values allowed (default 1e-3)
 * @property {number} [repeats] instead of the run's, for long cases
 *
 * @typedef {object} RunOptions
 * @property {import('./peer.mjs').Peer | null} peer null: compare with `stock`
 * @property {import('./peer.mjs').Peer | null} [avx2Peer] another one, held to AVX2
 * @property {number} threads
 * @property {number} rounds
 * @property {number} repeats samples per round
 * @property {number} minSampleMs a sample of short work is the mean of runs that fill this time
 * @property {number} timeoutMs for one answer of the peer
 */

/**
 * Runs the cases one after another. A side that fails is left out, with a remark.
 * @param {BenchCase[]} cases
 * @param {RunOptions} options
 * @param {(row: import('./report.mjs').Row) => void} [onRow] called after each case
 * @returns {Promise<import('./report.mjs').Row[]>}
 */
export async function runCases(cases, options, onRow = () => {}) {
  const rows = [];
  for (const benchCase of cases) {
    const row = compare(benchCase, await runCase(benchCase, options), options.threads);
    rows.push(row);
    onRow(row);
  }
  return rows;
}

/** Our samples, theirs and what went wrong. */
async function runCase(benchCase, options) {
  const problems = [];
  const ours = new Contestant('ours', () => openOwn(benchCase, options), problems);
  const other = new Contestant('peer', () => openOther(benchCase, options), problems);
  const avx2 = new Contestant('peer with AVX2', () => openAvx2(benchCase, options), problems);
  const contestants = [ours, other, avx2];
  try {
    for (const contestant of contestants) await contestant.open();
    for (let round = 0; round < options.rounds; round++) {
      for (const contestant of contestants) await contestant.round(round === 0);
    }
  } finally {
    for (const contestant of contestants) contestant.close();
  }
  return { ours: ours.times, other: other.times, avx2: avx2.times, problems };
}

function openOwn(benchCase, options) {
  const { prepare } = benchCase;
  return prepare === undefined ? null : localSide('ours', prepare, benchCase, options);
}

function openOther(benchCase, options) {
  if (options.peer !== null) return peerSide(benchCase, options, options.peer);
  const { stock } = benchCase;
  return stock === undefined ? null : localSide('stock', stock, benchCase, options);
}

function openAvx2(benchCase, options) {
  const { avx2Peer = null } = options;
  return avx2Peer === null ? null : peerSide(benchCase, options, avx2Peer);
}

/** Collects the samples of one side over the rounds, until it fails. */
class Contestant {
  /** Null until the first round. */
  times = null;
  #side = null;

  constructor(label, openSide, problems) {
    this.label = label;
    this.openSide = openSide;
    this.problems = problems;
  }

  open() {
    return this.#guarded(async () => {
      this.#side = await this.openSide();
    });
  }

  round(first) {
    return this.#guarded(async () => {
      if (this.#side === null) return;
      const { variants, references, check } = await this.#side.round(first);
      this.times ??= { kind: this.#side.kind, variants: {}, references: {}, check };
      append(this.times.variants, variants);
      append(this.times.references, references);
    });
  }

  close() {
    this.#side?.dispose();
    this.#side = null;
  }

  async #guarded(work) {
    try {
      await work();
    } catch (error) {
      this.problems.push(
        `${this.label}: ${error instanceof Error ? error.message : String(error)}`,
      );
      this.times = null;
      this.close();
    }
  }
}

function append(collected, samples) {
  for (const [name, more] of Object.entries(samples)) {
    collected[name] = [...(collected[name] ?? []), ...more];
  }
}
