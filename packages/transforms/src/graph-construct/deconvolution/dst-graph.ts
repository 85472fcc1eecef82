import {
  CsrMatrix,
  DataError,
  defineParams,
  DenseMatrix,
  Pacer,
  type AnnData,
  type Matrix,
  type ParamInput,
} from '@dance-ts/core';
import { diagonalCca, mutualNearestNeighbors } from '@dance-ts/ml';
import { z } from 'zod';
import { BaseTransform, type TransformContext, type TransformSpec } from '../../transform.js';
import { readSpotGraph } from '../spatial/spots.js';
import { geneLoadings, topLoadingGenes } from './link-genes.js';
import { normalizedAdjacency } from './normalized-adjacency.js';

/** Key of `obsp` under which the graph is kept unless another is asked for. */
export const DST_GRAPH_KEY = 'DSTGraph';

/** Neighbors among which pairs must find each other. */
const MUTUAL = 5;

const splitName = z.enum(['train', 'val', 'test']);

const params = defineParams({
  kFilter: z
    .int()
    .min(1)
    .default(200)
    .describe('A pair is kept if the spot is among this many nearest of the pseudo-spot'),
  numCc: z.int().min(1).default(30).describe('Canonical components; at most the spots of a split'),
  refSplit: splitName.default('train').describe('Split with the pseudo-spots'),
  infSplit: splitName.default('test').describe('Split with the spots'),
  out: z.string().min(1).default(DST_GRAPH_KEY).describe('Key of obsp for the graph'),
});

/**
 * Link graph of DSTG between pseudo-spots and spots. Pairs that are mutually among the 5 nearest in
 * the space of canonical components (unit length) are joined, if they are also near on the genes
 * that carry the components; then A-hat = D^-1/2 (A + I) D^-1/2, in which A holds the self loops
 * already. X should hold log expression. Rows are in the order of the data. Read it back with
 * `readDSTGraph`.
 *
 * DANCE orders the graph [pseudo-spots; spots] and the data the other way round.
 *
 * Source: Song & Su, Briefings in Bioinformatics 22(5), 2021; Stuart et al., Cell 177, 2019; DANCE.
 */
export class DSTGraph extends BaseTransform<typeof params> {
  static readonly spec: TransformSpec<typeof params> = {
    name: 'DSTGraph',
    group: 'graph',
    summary: 'Links pseudo-spots with spots that are mutually near after canonical correlation.',
    formula: 'D^-1/2 (A + I) D^-1/2, A = mutual nearest neighbors and self loops',
    source: 'Song & Su, Briefings in Bioinformatics 22(5), 2021',
    usedBy: ['DSTG'],
    params,
  };

  /** @throws ParamError for an unknown or invalid parameter */
  constructor(input?: ParamInput<typeof params>) {
    super(DSTGraph.spec, input);
  }

  /** @throws DataError if a split is empty or a value not finite; AbortError */
  protected override async transform(data: AnnData, context: TransformContext): Promise<AnnData> {
    const { refSplit, infSplit, out } = this.params;
    const rows = { ref: data.splits[refSplit], inf: data.splits[infSplit] };
    if (rows.ref.length === 0 || rows.inf.length === 0) {
      throw new DataError(`${this.name}: a split is empty`, {
        got: `${rows.ref.length} ${refSplit} and ${rows.inf.length} ${infSplit} rows`,
        remedy: 'Set the splits of the data: pseudo-spots and spots.',
      });
    }
    const pairs = await this.links(
      data.X.selectRows(rows.ref),
      data.X.selectRows(rows.inf),
      context,
    );
    const [from, to] = [pairs.map(([i]) => rows.ref[i]!), pairs.map(([, j]) => rows.inf[j]!)];
    const own = Array.from({ length: data.nObs }, (_, i) => i);
    const ones = new Float32Array(2 * pairs.length + data.nObs).fill(1);
    const ends = [
      [...from, ...to, ...own],
      [...to, ...from, ...own],
    ] as const;
    const A = CsrMatrix.fromTriplets(data.nObs, data.nObs, ...ends, ones);
    const view = data.view();
    view.obsp.set(out, normalizedAdjacency(A));
    return view;
  }

  /** Pairs (pseudo-spot, spot) of row numbers in their splits. */
  private async links(
    ref: Matrix,
    inf: Matrix,
    { rng, signal, reporter }: TransformContext,
  ): Promise<[number, number][]> {
    const fewest = Math.min(ref.nRows, inf.nRows);
    const { embedding1, embedding2 } = await diagonalCca(ref, inf, {
      nComponents: Math.min(this.params.numCc, fewest),
      rng: rng.fork('cca'),
      ...(signal && { signal }),
    });
    const [unit1, unit2] = [unitRows(embedding1), unitRows(embedding2)];
    const { first, second } = await mutualNearestNeighbors(unit1, unit2, {
      k: Math.min(MUTUAL, fewest),
      ...(signal && { signal }),
    });
    const loadings = geneLoadings([
      { X: ref, embedding: unit1 },
      { X: inf, embedding: unit2 },
    ]);
    const genes = topLoadingGenes(loadings);
    const near = unitRows(ref.selectColumns(genes).toDense());
    const spots = unitRows(inf.selectColumns(genes).toDense());
    const pairs = Array.from(first, (i, e): [number, number] => [i, second[e]!]);
    const kept = await nearPairs(pairs, near, spots, this.params.kFilter, new Pacer(signal));
    reporter?.message('info', `${this.name}: ${kept.length} of ${pairs.length} mutual pairs kept`);
    return kept;
  }
}

/**
 * The graph that `DSTGraph` left in `obsp`, [n, n].
 *
 * @throws DataError if there is none
 */
export function readDSTGraph(data: AnnData, key = DST_GRAPH_KEY): CsrMatrix {
  return readSpotGraph(data, key);
}

/** Pairs (i, j) with fewer than k of the spots nearer to i than j. */
async function nearPairs(
  pairs: readonly [number, number][],
  ref: DenseMatrix,
  spots: DenseMatrix,
  k: number,
  pacer: Pacer,
): Promise<[number, number][]> {
  if (k >= spots.nRows) return [...pairs];
  const kept: [number, number][] = [];
  let similarity = new Float64Array(0);
  let of = -1;
  for (const [i, j] of pairs) {
    if (i !== of) {
      await pacer.tick();
      similarity = Float64Array.from({ length: spots.nRows }, (_, s) =>
        dot(ref.row(i), spots.row(s)),
      );
      of = i;
    }
    const own = similarity[j]!;
    let nearer = 0;
    for (const other of similarity) if (other > own) nearer += 1;
    if (nearer < k) kept.push([i, j]);
  }
  return kept;
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += a[k]! * b[k]!;
  return sum;
}

/** Rows of length 1; zero rows stay zero. */
function unitRows(matrix: DenseMatrix): DenseMatrix {
  const lengths = matrix.mapData((value) => value * value).rowSums();
  return matrix.scaleRows(lengths.map((square) => (square > 0 ? 1 / Math.sqrt(square) : 0)));
}
