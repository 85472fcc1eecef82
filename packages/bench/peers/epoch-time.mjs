/** Processor time of an epoch on both sides of a comparison. */

/** Processor seconds, all threads together, that a task takes. */
export async function processorSeconds(task) {
  const before = process.cpuUsage();
  await task();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

/**
 * Seconds of an epoch among the last ones of a run.
 *
 * @param clock - seconds at the end of each epoch, one more of them than `epochs` at least
 */
export function secondsOfLast(clock, epochs) {
  const [first, last] = [clock.at(-1 - epochs), clock.at(-1)];
  return first === undefined ? NaN : (last - first) / epochs;
}

/** Prints what an epoch takes on each side, and the ratio: above 1 we are faster. */
export function reportEpochTime(ours, peer, backend) {
  const milliseconds = (seconds) => `${(1000 * seconds).toFixed(1)} ms`;
  const ratio = (peer / ours).toFixed(2);
  console.log(
    `processor time of an epoch: dance-ts ${milliseconds(ours)} (${backend}), ` +
      `PyTorch ${milliseconds(peer)}, ratio ${ratio}`,
  );
}
