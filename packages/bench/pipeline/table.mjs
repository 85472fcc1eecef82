/**
 * The result of the pipeline benchmark as markdown.
 *
 * @param {object} result what bench-pipeline.mjs writes
 * @returns {string}
 */
export function pipelineTable({ ours, peer, size, machine, versions, date, agreement, ...rest }) {
  const peerSteps = new Map(peer?.steps.map((step) => [step.name, step]));
  // The peer makes the weights of the graph together with the neighbors.
  const rows = merged(ours.steps, 'neighbors', 'connectivities').map((step) => {
    const other = peerSteps.get(step.name);
    return row(step.name, step, other);
  });
  const total = row('**total**', sumOf(ours.steps), peer && sumOf(peer.steps));
  const { csrBytes, peakBytes } = ours;
  const mib = (bytes) => Math.round(bytes / 2 ** 20).toLocaleString('en-US');
  const versionText = peer === null ? 'no peer' : `peer ${versions.peer}`;
  return [
    `${count(size.cells)} cells x ${count(size.genes)} genes, ${date.slice(0, 10)}: ${machine.cpu} ` +
      `(${machine.cores} cores, ${machine.platform}), Node ${versions.node}, ${versionText}; ` +
      `threads: ${rest.threads}; load before the run ${rest.loadBefore.toFixed(2)}.`,
    '',
    '| step | ours s | ours CPU s | peer s | peer CPU s | ratio of times |',
    '| --- | ---: | ---: | ---: | ---: | ---: |',
    ...rows,
    total,
    '',
    `Peak memory: ours ${mib(peakBytes)} MiB, ${(peakBytes / csrBytes).toFixed(2)} times the ` +
      `${mib(csrBytes)} MiB of the counts` +
      (peer === null ? '.' : `; peer ${mib(peer.peakBytes)} MiB.`) +
      (agreement === null
        ? ` ${ours.nClusters} clusters.`
        : ` Clusters: ours ${ours.nClusters}, peer ${peer.nClusters}; ARI of one to the other ` +
          `${agreement.toFixed(3)}.`),
  ].join('\n');
}

function row(name, own, other) {
  const ratio = other ? (other.seconds / own.seconds).toFixed(2) : '';
  const times = [own, other].flatMap((step) =>
    step ? [step.seconds.toFixed(1), step.cpu.toFixed(1)] : ['', ''],
  );
  return `| ${[name, ...times, ratio].join(' | ')} |`;
}

/** The steps with one of them counted to another. */
function merged(steps, into, from) {
  const extra = steps.find(({ name }) => name === from);
  return steps.flatMap((step) => {
    if (step.name === from) return [];
    return step.name === into && extra ? [{ ...sumOf([step, extra]), name: into }] : [step];
  });
}

function sumOf(steps) {
  return steps.reduce(
    (sum, { seconds, cpu }) => ({ seconds: sum.seconds + seconds, cpu: sum.cpu + cpu }),
    { seconds: 0, cpu: 0 },
  );
}

function count(value) {
  return value.toLocaleString('en-US');
}
