/** What is measured on, and whether anything else is running there. */
import { createRequire } from 'node:module';
import os from 'node:os';

/** Cores in use by others from which a machine counts as busy. */
const BUSY_CORES = 0.25;
/** The same as a load average, which still contains what ended a minute ago. */
const BUSY_LOAD = 0.5;

/** @returns {{cpu: string, cores: number, platform: string}} */
export function machine() {
  const { model = 'unknown' } = os.cpus()[0] ?? {};
  return {
    cpu: model.trim(),
    cores: os.availableParallelism(),
    platform: `${os.platform()} ${os.arch()}`,
  };
}

/** @returns {Record<string, string>} */
export function ownVersions() {
  const require = createRequire(import.meta.url);
  const { version } = require('@dance-ts/kernels/package.json');
  return { 'dance-ts': version, node: process.versions.node, v8: process.versions.v8 };
}

/**
 * @typedef {object} Load
 * @property {number} loadBefore average over a minute; contains what ran just before
 * @property {number} loadAfter contains the run itself
 * @property {number | null} foreignCores mean number of cores that other programs used during the
 * run; null where the system does not tell
 */

/**
 * Starts watching the load of the machine.
 * @param {() => number} peerCpuMs CPU time of the other side so far, which is not foreign
 * @returns {() => Load} ends watching
 */
export function watchLoad(peerCpuMs) {
  const loadBefore = os.loadavg()[0];
  const start = { wall: performance.now(), all: busyMs(), own: ownMs(), peer: peerCpuMs() };
  return () => {
    const all = busyMs() - start.all;
    const own = ownMs() - start.own + peerCpuMs() - start.peer;
    const foreign = Math.max(0, all - own) / (performance.now() - start.wall);
    return { loadBefore, loadAfter: os.loadavg()[0], foreignCores: all > 0 ? foreign : null };
  };
}

/**
 * What speaks against figures taken under this load.
 * @param {Load} load
 * @returns {string | null}
 */
export function busyWarning({ loadBefore, foreignCores }) {
  if (foreignCores !== null) {
    if (foreignCores <= BUSY_CORES) return null;
    return `other programs used ${foreignCores.toFixed(2)} cores during the run`;
  }
  if (loadBefore <= BUSY_LOAD) return null;
  return `the machine had a load of ${loadBefore.toFixed(2)} before the run`;
}

/**
 * @param {Load} load
 * @returns {string} one line
 */
export function describeLoad({ loadBefore, loadAfter, foreignCores }) {
  const foreign = foreignCores === null ? 'unknown' : `${foreignCores.toFixed(2)} cores`;
  const averages = `load ${loadBefore.toFixed(2)} before, ${loadAfter.toFixed(2)} after`;
  return `${averages}; other programs: ${foreign}`;
}

function busyMs() {
  return os.cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys, 0);
}

function ownMs() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
