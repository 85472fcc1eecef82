/** The two sides of a case: work in this process, or in the peer's. */
import { measure } from './measure.mjs';

/**
 * @typedef {object} OpenSide
 * @property {'ours' | 'pytorch' | 'stock'} kind
 * @property {(first: boolean) => Promise<Times>} round takes the samples of one round
 * @property {() => void} dispose
 *
 * @typedef {object} Times
 * @property {Record<string, import('./peer.mjs').Sample[]>} variants
 * @property {Record<string, import('./peer.mjs').Sample[]>} references
 * @property {number | null} check
 */

/**
 * Work in this process; the variant has no name.
 * @param {'ours' | 'stock'} kind
 * @param {NonNullable<import('./harness.mjs').BenchCase['prepare']>} prepare
 * @param {import('./harness.mjs').BenchCase} benchCase
 * @param {import('./harness.mjs').RunOptions} options
 * @returns {Promise<OpenSide>}
 */
export async function localSide(kind, prepare, benchCase, options) {
  const { threads, minSampleMs } = options;
  const side = await prepare({ threads, sizes: benchCase.sizes });
  const repeats = benchCase.repeats ?? options.repeats;
  return {
    kind,
    round: async (first) => ({
      variants: { '': await measure(() => side.run(), { repeats, minSampleMs, first }) },
      references: {},
      check: side.check ?? null,
    }),
    dispose: () => side.dispose(),
  };
}

/**
 * Work in the Python process.
 * @param {import('./harness.mjs').BenchCase} benchCase
 * @param {import('./harness.mjs').RunOptions} options
 * @param {import('./peer.mjs').Peer} peer
 * @returns {OpenSide}
 */
export function peerSide(benchCase, options, peer) {
  const { threads, minSampleMs, timeoutMs } = options;
  const repeats = benchCase.repeats ?? options.repeats;
  const request = {
    case: benchCase.peerCase,
    threads,
    repeats,
    minSampleMs,
    sizes: benchCase.sizes,
  };
  return {
    kind: 'pytorch',
    round: async () => {
      const answer = await peer.measure(request, timeoutMs);
      if (answer.unavailable !== null) throw new Error(answer.unavailable);
      return answer;
    },
    dispose: () => {},
  };
}
