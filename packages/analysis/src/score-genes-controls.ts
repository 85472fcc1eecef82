import type { Rng } from '@dance-ts/core';

/** Options of {@link controlGenes}. */
export interface ControlOptions {
  /** Numbers of the genes to draw from, the genes of the set among them; all if left out. */
  readonly pool?: Int32Array | undefined;
  readonly ctrlSize: number;
  readonly nBins: number;
  /** Draw among the genes of the set, too, and drop those drawn. */
  readonly ctrlAsRef: boolean;
  readonly rng: Rng;
}

/**
 * Control genes of a set: of every bin of mean expression that holds a gene of the set, `ctrlSize` at
 * random, or all if there are no more.
 *
 * @param means - [nGenes] mean expression
 * @param genes - numbers of the genes of the set
 * @returns numbers of the controls, ascending, none of the set; and the bins in which there were none to
 * draw from
 */
export function controlGenes(
  means: Float64Array,
  genes: Int32Array,
  { pool = Int32Array.from(means.keys()), ctrlSize, nBins, ctrlAsRef, rng }: ControlOptions,
): { controls: Int32Array; emptyBins: number } {
  const bins = expressionBins(means, pool, nBins);
  const ofSet = new Set(genes);
  const wanted = [...new Set(Array.from(genes, (gene) => bins.get(gene) ?? -1))].sort(
    (a, b) => a - b,
  );
  const controls = new Set<number>();
  let emptyBins = 0;
  for (const bin of wanted) {
    const candidates = pool.filter(
      (gene) => bins.get(gene) === bin && (ctrlAsRef || !ofSet.has(gene)),
    );
    if (candidates.length === 0) emptyBins += 1;
    const drawn =
      ctrlSize < candidates.length
        ? rng.fork(`bin-${bin}`).shuffle(candidates).subarray(0, ctrlSize)
        : candidates;
    for (const gene of drawn) if (!ofSet.has(gene)) controls.add(gene);
  }
  return { controls: Int32Array.from(controls).sort(), emptyBins };
}

/** Bin of each gene of the pool: its rank among the means, equal ones by the lowest, in equal steps. */
function expressionBins(means: Float64Array, pool: Int32Array, nBins: number): Map<number, number> {
  const perBin = Math.max(1, roundHalfToEven(pool.length / (nBins - 1)));
  const order = pool.slice().sort((a, b) => means[a]! - means[b]!);
  const bins = new Map<number, number>();
  let rank = 1;
  order.forEach((gene, place) => {
    if (place > 0 && means[gene]! > means[order[place - 1]!]!) rank = place + 1;
    bins.set(gene, Math.floor(rank / perBin));
  });
  return bins;
}

/** As NumPy rounds. */
function roundHalfToEven(value: number): number {
  const below = Math.floor(value);
  if (value - below !== 0.5) return Math.round(value);
  return below % 2 === 0 ? below : below + 1;
}
