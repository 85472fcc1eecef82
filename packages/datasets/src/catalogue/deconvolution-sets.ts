import { compareText, ParamError } from '@dance-ts/core';

/** Only the cells whose column of obs has this value. */
export interface CellFilter {
  readonly column: string;
  readonly value: string;
}

/** Spots of known composition, and the single cells to explain them by. */
export interface DeconvolutionSet {
  readonly name: string;
  readonly title: string;
  /** Data set of the reference cells. */
  readonly reference: string;
  /** Which of its cells are used; all if undefined. */
  readonly referenceCells?: CellFilter;
  /** Data set of the spots, with `obsm.proportions` where the truth is known. */
  readonly spots: string;
}

const SETS: readonly DeconvolutionSet[] = [
  {
    name: 'sim-deconvolution',
    title: 'Simulated tissue, ten cell types',
    reference: 'sim-deconvolution_ref',
    spots: 'sim-deconvolution_spots',
  },
  {
    name: 'gse174746',
    title: 'Two cell lines mixed in known ratios (GeoMx)',
    reference: 'gse174746_ref',
    spots: 'gse174746_mix',
  },
  {
    name: 'rnamix_celseq2',
    title: 'RNA of three cell lines mixed in known ratios (CEL-seq2)',
    reference: 'rnamix_ref_celseq2',
    spots: 'rnamix_celseq2',
  },
  {
    name: 'seqfishplus_cortex_svz',
    title: 'Mouse cortex, seqFISH+ cells binned into spots',
    reference: 'seqfishplus_cortex_svz_ref',
    spots: 'seqfishplus_cortex_svz_spots',
  },
  {
    name: 'retrofit_cerebellum',
    title: 'Mouse cerebellum, simulated spots of up to three of ten classes',
    reference: 'retrofit_cerebellum_ref',
    spots: 'retrofit_cerebellum_spots',
  },
  {
    name: 'baron_synthetic',
    title: 'Mouse pancreas, cells of one donor explained by another',
    reference: 'baron_mouse1_train',
    spots: 'baron_synthetic_spots',
  },
  {
    name: 'mob_synthetic',
    title: 'Mouse olfactory bulb, cells added up to spots at real positions',
    reference: 'mob_sc_ref',
    referenceCells: { column: 'half', value: 'reference' },
    spots: 'mob_synthetic_spots',
  },
];

/** Sets of reference and spots for deconvolution, by name. */
export function listDeconvolutionSets(): DeconvolutionSet[] {
  return [...SETS].sort((a, b) => compareText(a.name, b.name));
}

/**
 * The set of that name.
 *
 * @throws ParamError naming those there are
 */
export function describeDeconvolutionSet(name: string): DeconvolutionSet {
  const found = SETS.find((known) => known.name === name);
  if (found !== undefined) return found;
  throw new ParamError(`there is no deconvolution data set "${name}"`, {
    expected: `one of ${SETS.map((known) => known.name).join(', ')}`,
    remedy: 'For files of your own use pairReferenceSpots(reference, spots).',
  });
}
