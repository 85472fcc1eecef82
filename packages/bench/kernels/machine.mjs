/** What is measured on, and whether anything else is running there. */
import { createRequire } from 'node:module';
import os from 'node:os';

/** Load average, or cores in use by others, from which a machine counts as busy. */
const BUSY_CORES = 0.25;

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
 * Starts watching the load of the machine.
 * @param {() => number} peerCpuMs CPU time of the other side so far, which is not foreign
 * @returns {() => {loadBefore: number, loadAfter: number, foreignCores: number}} ends watching;
 * loads are averages over a minute, foreignCores is the mean number of cores that other programs
 * used meanwhile
 */
export function watchLoad(peerCpuMs) {
  const loadBefore = os.loadavg()[0];
  const before = { wall: performance.now(), all: busyMs(), own: ownMs(), peer: peerCpuMs() };
  return () => {
    const wall = performance.now() - before.wall;
    const counted = ownMs() - before.own + (peerCpuMs() - before.peer);
    const foreign = (busyMs() - before.all - counted) / wall;
    return { loadBefore, loadAfter: os.loadavg()[0], foreignCores: Math.max(0, foreign) };
  };
}

/**
 * What speaks against figures taken under this load.
 * @param {{loadBefore: number, loadAfter: number, foreignCores: number}} load
 * @returns {string | null}
 */
export function busyWarning({ loadBefore, foreignCores }) {
  const reasons = [];
  if (loadBefore > BUSY_CORES) reasons.push(`load ${loadBefore.toFixed(2)} before the run`);
  if (foreignCores > BUSY_CORES) {
    reasons.push(`other programs used ${foreignCores.toFixed(2)} cores during it`);
  }
  return reasons.length === 0 ? null : `the machine is busy: ${reasons.join(', ')}`;
}

function busyMs() {
  return os.cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys, 0);
}

function ownMs() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
