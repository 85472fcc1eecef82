import type { CsrMatrix, DenseMatrix } from '@dance-ts/core';

/** How energies are mixed along a graph. */
export interface PropagationOptions {
  readonly steps: number;
  /** What a node keeps of its own in a step, in [0, 1]. */
  readonly alpha: number;
  /** Each step goes to the neighbors of the neighbors. */
  readonly twoHop: boolean;
}

/**
 * Energy -T ln sum_c exp(logit_c / T) of each cell (Liu et al., Energy-based out-of-distribution
 * detection, NeurIPS 2020): low for cells that some class claims firmly.
 *
 * @param logits - [nCells, nClasses]
 * @param temperature - T \> 0
 * @returns [nCells]
 */
export function energiesOf(logits: DenseMatrix, temperature: number): Float64Array {
  return Float64Array.from({ length: logits.nRows }, (_, i) => {
    const row = logits.row(i);
    const largest = row.reduce((a, b) => Math.max(a, b), -Infinity);
    const sum = row.reduce((total, logit) => total + Math.exp((logit - largest) / temperature), 0);
    return -(largest + temperature * Math.log(sum));
  });
}

/**
 * Energies after steps e \<- alpha e + (1 - alpha) P e, with P the mean over neighbors, or P² with
 * `twoHop` (Wu et al., Energy-based out-of-distribution detection for graph neural networks, ICLR
 * 2023). A node without neighbors keeps alpha e, as the sum over none is 0.
 *
 * @param graph - [n, n]; its values are not used
 */
export function propagateEnergies(
  energies: Float64Array,
  graph: CsrMatrix,
  { steps, alpha, twoHop }: PropagationOptions,
): Float64Array {
  let current = energies;
  for (let step = 0; step < steps; step++) {
    const near = neighborMeans(graph, current);
    const heard = twoHop ? neighborMeans(graph, near) : near;
    current = current.map((energy, i) => alpha * energy + (1 - alpha) * heard[i]!);
  }
  return current;
}

function neighborMeans(graph: CsrMatrix, values: Float64Array): Float64Array {
  return Float64Array.from({ length: graph.nRows }, (_, i) => {
    const neighbors = graph.row(i).indices;
    let sum = 0;
    for (const j of neighbors) sum += values[j]!;
    return neighbors.length === 0 ? 0 : sum / neighbors.length;
  });
}
