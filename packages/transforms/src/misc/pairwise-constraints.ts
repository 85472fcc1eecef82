import {
  CsrMatrix,
  DataError,
  defineParams,
  ParamError,
  type AnnData,
  type Matrix,
  type ParamInput,
  type Rng,
} from '@dance-ts/core';
import { z } from 'zod';
import { randomPairs, type CellPair, type LinkedPairs } from '../numeric/random-pairs.js';
import { BaseTransform, type TransformContext, type TransformSpec } from '../transform.js';

/** Keys of obsp that hold pairwise constraints: entry (a, b) links cells a and b. */
export const CONSTRAINT_KEYS = { mustLink: 'must_link', cannotLink: 'cannot_link' } as const;

const params = defineParams({
  nPairs: z.int().min(1).default(1000).describe('Pairs of cells to draw'),
  labelKey: z
    .string()
    .optional()
    .describe('Column of obs with the known labels; the label channel if left out'),
  labelFraction: z
    .number()
    .positive()
    .max(1)
    .default(0.1)
    .describe('Share of the labelled cells, chosen at random, whose labels are looked at'),
  errorRate: z
    .number()
    .min(0)
    .max(1)
    .default(0)
    .describe('Share of the pairs that are given the wrong way round, to study robustness'),
});

/**
 * Draws pairs of cells that must or cannot be linked from known labels, for constrained clustering:
 * `obsp.must_link` and `obsp.cannot_link`, 1 at (a, b) for each pair a < b. The labels of no other
 * cells are read.
 *
 * Constraints that come from elsewhere (markers, experts) are written into the same two entries by
 * hand; selections of cells keep them aligned.
 */
export class PairwiseConstraints extends BaseTransform<typeof params> {
  static readonly spec: TransformSpec<typeof params> = {
    name: 'PairwiseConstraints',
    group: 'misc',
    summary: 'Draws pairs of cells that must or cannot be in one cluster from known labels.',
    source: 'scDCC (Tian et al., 2021)',
    usedBy: ['ScDCC'],
    params,
  };

  /** @throws ParamError for an unknown or invalid parameter */
  constructor(input?: ParamInput<typeof params>) {
    super(PairwiseConstraints.spec, input);
  }

  /** @throws ParamError without a label column; DataError if there are not as many pairs */
  protected override transform(data: AnnData, { rng }: TransformContext): AnnData {
    const { nPairs, errorRate } = this.params;
    const { codes } = data.labels(this.labelColumn(data));
    const stream = rng.fork('pairs');
    const cells = this.chosenCells(codes, rng.fork('cells'));
    const { mustLink, cannotLink } = randomPairs(cells, codes, { nPairs, errorRate, rng: stream });
    const view = data.view();
    view.obsp.set(CONSTRAINT_KEYS.mustLink, linkMatrix(mustLink, data.nObs));
    view.obsp.set(CONSTRAINT_KEYS.cannotLink, linkMatrix(cannotLink, data.nObs));
    return view;
  }

  private chosenCells(codes: Int32Array, rng: Rng): Int32Array {
    const labelled = Int32Array.from(codes.keys()).filter((cell) => codes[cell]! >= 0);
    const nChosen = Math.max(2, Math.floor(this.params.labelFraction * labelled.length));
    return rng.shuffle(labelled).slice(0, nChosen);
  }

  private labelColumn({ channels }: AnnData): string {
    if (this.params.labelKey !== undefined) return this.params.labelKey;
    if (channels.label?.slot === 'obs') return channels.label.key;
    throw new ParamError(`${this.name}: parameter "labelKey"`, {
      got: 'neither a column nor a label channel',
      remedy: 'Name the column of obs that holds the known labels.',
    });
  }
}

/**
 * The pairs in `obsp.must_link` and `obsp.cannot_link`, each once and with the smaller cell first;
 * none where there is no such entry.
 *
 * @throws DataError if a pair is in both or links a cell to itself
 */
export function readPairwiseConstraints(data: AnnData): LinkedPairs {
  const must = pairsOf(data.obsp.get(CONSTRAINT_KEYS.mustLink));
  const cannot = pairsOf(data.obsp.get(CONSTRAINT_KEYS.cannotLink));
  for (const [key, pair] of cannot) {
    if (!must.has(key)) continue;
    throw new DataError('pairwise constraints contradict each other', {
      got: `cells "${data.obsNames[pair[0]]!}" and "${data.obsNames[pair[1]]!}" in both lists`,
      remedy: 'Remove the pair from obsp["must_link"] or obsp["cannot_link"].',
    });
  }
  return { mustLink: [...must.values()], cannotLink: [...cannot.values()] };
}

function linkMatrix(pairs: readonly CellPair[], nObs: number): CsrMatrix {
  const first = pairs.map(([a, b]) => Math.min(a, b));
  const second = pairs.map(([a, b]) => Math.max(a, b));
  return CsrMatrix.fromTriplets(nObs, nObs, first, second, new Float32Array(pairs.length).fill(1));
}

/** Entries of a matrix as pairs by a key that is the same for (a, b) and (b, a). */
function pairsOf(matrix: Matrix | undefined): Map<number, CellPair> {
  const pairs = new Map<number, CellPair>();
  if (matrix === undefined) return pairs;
  const links = matrix.kind === 'csr' ? matrix : CsrMatrix.fromDense(matrix);
  for (let a = 0; a < links.nRows; a++) {
    const { indices, data } = links.row(a);
    indices.forEach((b, e) => {
      if (data[e] === 0) return;
      if (a === b) {
        throw new DataError(`a pairwise constraint links cell ${a} to itself`, {
          remedy: 'Leave the diagonals of must_link and cannot_link empty.',
        });
      }
      const pair: CellPair = [Math.min(a, b), Math.max(a, b)];
      pairs.set(pair[0] * links.nRows + pair[1], pair);
    });
  }
  return pairs;
}
