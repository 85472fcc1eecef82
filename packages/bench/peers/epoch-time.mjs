/** Processor time of an epoch on both sides of a comparison. */

/** Processor seconds, all threads together, that a task takes. */
export async function processorSeconds(task) {
  const before = process.cpuUsage();
  await task();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

/**
 * Prints what an epoch takes on each side, and the ratio: above 1 we are faster.
 *
 * @param ours - seconds of one epoch
 * @param clock - seconds of the peer at the end of each epoch, the last ones of which are compared
 * @param epochs - how many, at least 2
 */
export function reportEpochs(ours, { clock }, epochs, backend) {
  if (epochs < 2) return;
  reportEpochTime(ours, (clock.at(-1) - clock.at(-epochs)) / (epochs - 1), backend);
}

/** The same, of seconds of one epoch on each side. */
export function reportEpochTime(ours, peer, backend) {
  const milliseconds = (seconds) => `${(1000 * seconds).toFixed(1)} ms`;
  const ratio = (peer / ours).toFixed(2);
  console.log(
    `processor time of an epoch: dance-ts ${milliseconds(ours)} (${backend}), ` +
      `PyTorch ${milliseconds(peer)}, ratio ${ratio}`,
  );
}
