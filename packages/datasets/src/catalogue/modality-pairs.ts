import { compareText, ParamError } from '@dance-ts/core';

/** What a modality measures: gene expression, surface proteins or open chromatin. */
export type ModalityKind = 'rna' | 'adt' | 'atac';

/** Two data sets of the catalogue whose rows are the same cells. */
export interface ModalityPair {
  readonly name: string;
  readonly title: string;
  /** Data sets of the two modalities. */
  readonly datasets: readonly [string, string];
  /** What they measure. */
  readonly kinds: readonly [ModalityKind, ModalityKind];
}

const PAIRS: readonly ModalityPair[] = [
  pair('sim-paired-cite', 'Simulated CITE-seq', 'adt'),
  pair('sim-paired-multiome', 'Simulated multiome', 'atac'),
  pair('bmmc_cite', 'Human bone marrow, CITE-seq, donor to donor', 'adt'),
  pair('bmmc_multiome', 'Human bone marrow, multiome, donor to donor', 'atac'),
  pair('cbmc_cite', 'Human cord blood, CITE-seq, 80/20', 'adt'),
  pair('pbmc10k_cite', 'Human PBMC, CITE-seq, 80/20', 'adt'),
  pair('scicar_a549', 'A549 cells under dexamethasone, sci-CAR, 80/20', 'atac'),
];

function pair(name: string, title: string, second: ModalityKind): ModalityPair {
  return {
    ...{ name, title },
    datasets: [`${name}_rna`, `${name}_${second}`],
    kinds: ['rna', second],
  };
}

/** Pairs of modalities for prediction, matching and joint embedding, by name. */
export function listModalityPairs(): ModalityPair[] {
  return [...PAIRS].sort((a, b) => compareText(a.name, b.name));
}

/**
 * The pair of that name.
 *
 * @throws ParamError naming those there are
 */
export function describeModalityPair(name: string): ModalityPair {
  const found = PAIRS.find((known) => known.name === name);
  if (found !== undefined) return found;
  throw new ParamError(`there is no pair of modalities "${name}"`, {
    expected: `one of ${PAIRS.map((known) => known.name).join(', ')}`,
    remedy: 'For files of your own use pairModalities(first, second).',
  });
}
