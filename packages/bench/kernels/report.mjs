/** Comparison of the samples of both sides, and its tables as text and as markdown. */
import { fastest } from './measure.mjs';

const DEFAULT_TOLERANCE = 1e-3;
const HEADINGS = ['case', 'ours ms', 'peer ms', 'ratio', 'aim', 'remark'];
/** Heading and place of the column that is there if PyTorch was timed with AVX2, too. */
const AVX2_HEADING = 'ratio AVX2';
const AVX2_AT = 4;
/** Columns of text; numbers are aligned to the right. */
const TEXTS = ['case', 'remark'];

/**
 * @typedef {object} Row result of one case
 * @property {string} name
 * @property {number | null} aim
 * @property {Record<string, unknown>} sizes
 * @property {'cpu' | 'wall'} unit which time `ratio` compares
 * @property {import('./peer.mjs').Sample | null} ours
 * @property {PeerTime | null} peer
 * @property {Record<string, import('./peer.mjs').Sample>} references other libraries
 * @property {number | null} ratio peer time / our time: above 1 we are faster
 * @property {PeerTime | null} [avx2] PyTorch held to AVX2
 * @property {number | null} [avx2Ratio] the same with it
 * @property {string[]} remarks
 *
 * @typedef {import('./peer.mjs').Sample & {kind: 'pytorch' | 'stock', variant: string,
 * variants: Record<string, import('./peer.mjs').Sample>}} PeerTime the fastest variant, and all
 *
 * @typedef {object} Measured
 * @property {import('./sides.mjs').Times | null} ours
 * @property {(import('./sides.mjs').Times & {kind: 'pytorch' | 'stock'}) | null} other
 * @property {(import('./sides.mjs').Times & {kind: 'pytorch'}) | null} [avx2]
 * @property {string[]} problems
 *
 * @typedef {object} Result everything about one run
 * @property {1} schema
 * @property {string} id
 * @property {string} date ISO 8601
 * @property {{cpu: string, cores: number, platform: string}} machine
 * @property {{ours: Record<string, string>, peer: Record<string, string | null> | null}} versions
 * @property {{threads: number, rounds: number, repeats: number, minSampleMs: number}} settings
 * @property {import('./machine.mjs').Load} load
 * @property {string | null} warning
 * @property {Row[]} rows
 */

/**
 * The row of a case.
 * @param {import('./harness.mjs').BenchCase} benchCase
 * @param {Measured} measured
 * @param {number} threads
 * @returns {Row}
 */
export function compare(benchCase, { ours, other, avx2 = null, problems }, threads) {
  const unit = threads === 1 ? 'cpu' : 'wall';
  const own = ours === null ? null : fastest(Object.values(ours.variants).flat());
  const peer = other === null ? null : fastestVariant(other, unit);
  const references = mapValues(other?.references ?? {}, fastest);
  const ratioTo = (time) =>
    own === null || time === null ? null : timeOf(time, unit) / timeOf(own, unit);
  const { name, aim, sizes } = benchCase;
  const row = { name, aim, sizes, unit, ours: own, peer, references, ratio: ratioTo(peer) };
  if (avx2 !== null) {
    row.avx2 = fastestVariant(avx2, unit);
    row.avx2Ratio = ratioTo(row.avx2);
  }
  const mismatch = checkRemark(benchCase, ours?.check ?? null, other?.check ?? null);
  return { ...row, remarks: [...remarksOf(row), ...mismatch, ...problems] };
}

function fastestVariant({ kind, variants }, unit) {
  const times = mapValues(variants, fastest);
  const [variant, best] = Object.entries(times).reduce((a, b) =>
    timeOf(b[1], unit) < timeOf(a[1], unit) ? b : a,
  );
  return { kind, variant, ...best, variants: times };
}

function remarksOf({ aim, unit, peer, references, ratio }) {
  const remarks = [];
  if (ratio !== null && aim !== null && ratio < aim) remarks.push('below aim');
  if (peer?.kind === 'stock') remarks.push('against stock TensorFlow.js');
  if (peer !== null && peer.variant !== '') remarks.push(peer.variant);
  for (const [name, time] of Object.entries(references)) {
    remarks.push(`${name} ${formatMs(timeOf(time, unit))} ms`);
  }
  return remarks;
}

function checkRemark({ tolerance = DEFAULT_TOLERANCE }, ours, theirs) {
  if (ours === null || theirs === null) return [];
  const agree = Math.abs(ours - theirs) <= tolerance * Math.abs(theirs); // false for NaN
  return agree ? [] : [`results differ: ours ${ours}, peer ${theirs}`];
}

/**
 * Table of fixed width.
 * @param {Row[]} rows
 * @returns {string} lines, each ended
 */
export function formatTable(rows) {
  const headings = headingsOf(rows);
  const cells = [headings, ...rows.map((row) => cellsOf(row, headings))];
  const widths = headings.map((_, column) => Math.max(...cells.map((row) => row[column].length)));
  return cells.map((row) => `${padded(row, widths, headings).join('  ').trimEnd()}\n`).join('');
}

/**
 * Table and the circumstances of its figures as markdown.
 * @param {Result} result
 * @returns {string}
 */
export function renderMarkdown(result) {
  const line = (cells) => `| ${cells.map(escapePipes).join(' | ')} |`;
  const headings = headingsOf(result.rows);
  const rule = headings.map((heading) => (TEXTS.includes(heading) ? '---' : '--:'));
  const table = [headings, rule, ...result.rows.map((row) => cellsOf(row, headings))].map(line);
  const warning = result.warning === null ? [] : ['', `Not for quoting: ${result.warning}.`];
  return [circumstances(result), ...warning, '', ...table].join('\n');
}

function circumstances({ date, machine, versions, settings }) {
  const { threads } = settings;
  const peer =
    versions.peer === null
      ? 'no PyTorch'
      : `PyTorch ${versions.peer.torch} with ${versions.peer.blas}, ${versions.peer.capability}`;
  const time = threads === 1 ? 'CPU time on 1 thread' : `wall time on ${threads} threads`;
  const where = `${machine.cpu} (${machine.cores} cores, ${machine.platform})`;
  return `Least ${time}, ${date.slice(0, 10)}: ${where}, Node ${versions.ours.node}, ${peer}.`;
}

/**
 * Puts text between the comments `<!-- NAME:begin -->` and `<!-- NAME:end -->`.
 * @param {string} document
 * @param {string} name
 * @param {string} content
 * @returns {string}
 * @throws {Error} if a comment is missing or they stand in the wrong order
 */
export function replaceRegion(document, name, content) {
  const [begin, end] = [`<!-- ${name}:begin -->`, `<!-- ${name}:end -->`];
  const from = document.indexOf(begin);
  const to = document.indexOf(end);
  if (from < 0 || to < from) {
    throw new Error(`no region ${name}: put the lines ${begin} and ${end} where it should stand`);
  }
  return `${document.slice(0, from + begin.length)}\n\n${content}\n\n${document.slice(to)}`;
}

function headingsOf(rows) {
  const hasAvx2 = rows.some(({ avx2Ratio }) => avx2Ratio !== undefined);
  return hasAvx2 ? HEADINGS.toSpliced(AVX2_AT, 0, AVX2_HEADING) : HEADINGS;
}

function cellsOf({ name, unit, ours, peer, ratio, avx2Ratio, aim, remarks }, headings) {
  const cells = [
    name,
    ours === null ? '-' : formatMs(timeOf(ours, unit)),
    peer === null ? '-' : formatMs(timeOf(peer, unit)),
    formatRatio(ratio),
    formatRatio(aim),
    remarks.map((remark) => remark.replace(/\s+/g, ' ')).join('; '),
  ];
  return headings === HEADINGS
    ? cells
    : cells.toSpliced(AVX2_AT, 0, formatRatio(avx2Ratio ?? null));
}

function formatRatio(ratio) {
  return ratio === null ? '-' : ratio.toFixed(2);
}

function padded(row, widths, headings) {
  return row.map((cell, i) =>
    TEXTS.includes(headings[i]) ? cell.padEnd(widths[i]) : cell.padStart(widths[i]),
  );
}

function escapePipes(cell) {
  return cell.replaceAll('|', '\\|');
}

/**
 * Milliseconds with three digits or more.
 * @param {number} ms
 * @returns {string}
 */
export function formatMs(ms) {
  if (ms >= 100) return ms.toFixed(0);
  if (ms >= 10) return ms.toFixed(1);
  return ms.toFixed(ms >= 1 ? 2 : 3);
}

function timeOf({ cpuMs, wallMs }, unit) {
  return unit === 'cpu' ? cpuMs : wallMs;
}

function mapValues(record, change) {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]));
}
