import {
  AnnData,
  CsrMatrix,
  ParamError,
  Rng,
  Table,
  toCsr,
  type Classifier,
  type RunOptions,
} from '@dance-ts/core';

/** A gene that speaks for a label. */
export interface Marker {
  readonly gene: string;
  /** How much the mean probability of the label falls without the gene. */
  readonly drop: number;
}

/** Options of {@link markerEvidence}. */
export interface MarkerOptions extends RunOptions {
  /** Genes named for each label, default 10. */
  readonly nGenes?: number;
  /** Genes tried for each label, those expressed most above the other cells; default 50. */
  readonly nCandidates?: number;
  /** Cells of each label the genes are taken from, default 30. */
  readonly nCells?: number;
  /** Seed of the choice of cells, default 0. */
  readonly seed?: number;
}

/**
 * Which genes a model's labels rest on, for any model: of the cells it gives a label to, each
 * candidate gene is set to 0 in turn, and the fall of the label's mean probability is its weight
 * (occlusion: Zeiler & Fergus, ECCV 2014). Candidates are the genes with the largest difference in
 * mean log expression between these cells and all others; a gene whose loss another gene makes up
 * for has a weight near 0.
 *
 * @param model - fitted; asked nCandidates x nCells times for each label
 * @param cells - counts, as for `predict`
 * @returns by label that occurs, markers with the largest drop first
 * @throws ParamError for a number below 1; what `predict` throws
 */
export async function markerEvidence(
  model: Classifier,
  cells: AnnData,
  options: MarkerOptions = {},
): Promise<Map<string, Marker[]>> {
  const { nGenes = 10, nCandidates = 50, nCells = 30, seed = 0, signal, reporter } = options;
  for (const [name, value] of Object.entries({ nGenes, nCandidates, nCells })) {
    if (Number.isInteger(value) && value >= 1) continue;
    throw new ParamError(`markerEvidence: ${name}`, {
      got: String(value),
      expected: 'an integer >= 1',
    });
  }
  const run = { signal, reporter };
  const labels = await model.predict(cells, run);
  const expression = logNormal(toCsr(cells.X));
  const rng = Rng.fromSeed(seed).fork('markers');
  const evidence = new Map<string, Marker[]>();
  for (const [column, label] of model.classes.entries()) {
    const members = Array.from(labels.keys()).filter((i) => labels[i] === label);
    if (members.length === 0) continue;
    const candidates = candidatesOf(expression, members, nCandidates);
    const chosen = Int32Array.from(rng.fork(label).shuffle(members)).slice(0, nCells);
    const counts = toCsr(cells.X.selectRows(chosen));
    const trials = occluded(counts, cells.var, candidates);
    const probabilities = await model.predictProba(trials, run);
    const mean = (block: number): number => {
      let sum = 0;
      for (let i = 0; i < chosen.length; i++) {
        sum += probabilities.get(block * chosen.length + i, column);
      }
      return sum / chosen.length;
    };
    const whole = mean(0);
    const markers = Array.from(candidates, (gene, c) => ({
      gene: cells.varNames[gene]!,
      drop: whole - mean(c + 1),
    }));
    markers.sort((a, b) => b.drop - a.drop);
    evidence.set(label, markers.slice(0, nGenes));
  }
  return evidence;
}

/** log(1 + counts scaled to 10,000 a cell) */
function logNormal(counts: CsrMatrix): CsrMatrix {
  const factors = counts.rowSums().map((sum) => (sum > 0 ? 1e4 / sum : 0));
  return counts.scaleRows(factors).mapData(Math.log1p);
}

/** Genes with the largest mean of the members minus mean of the other cells. */
function candidatesOf(
  expression: CsrMatrix,
  members: readonly number[],
  count: number,
): Int32Array {
  const inside = expression.selectRows(members).columnSums();
  const total = expression.columnSums();
  const nOthers = Math.max(1, expression.nRows - members.length);
  const difference = inside.map((sum, j) => sum / members.length - (total[j]! - sum) / nOthers);
  const order = Int32Array.from(difference.keys());
  order.sort((a, b) => difference[b]! - difference[a]! || a - b);
  return order.slice(0, count);
}

/** The cells as they are, then once for each gene without it. */
function occluded(counts: CsrMatrix, variables: Table, genes: Int32Array): AnnData {
  const blocks = [counts, ...Array.from(genes, (gene) => without(counts, gene))];
  const nnz = blocks.reduce((sum, block) => sum + block.nnz, 0);
  const nRows = counts.nRows * blocks.length;
  const indptr = new Int32Array(nRows + 1);
  const indices = new Int32Array(nnz);
  const data = new Float32Array(nnz);
  let end = 0;
  blocks.forEach((block, b) => {
    indices.set(block.indices, end);
    data.set(block.data, end);
    for (let i = 0; i < counts.nRows; i++) {
      indptr[b * counts.nRows + i + 1] = end + block.indptr[i + 1]!;
    }
    end += block.nnz;
  });
  const X = new CsrMatrix(nRows, counts.nCols, indptr, indices, data);
  return new AnnData({ X, obs: Table.withGeneratedIndex(nRows, 'trial'), var: variables });
}

function without(counts: CsrMatrix, gene: number): CsrMatrix {
  return counts.withData(counts.data.map((value, e) => (counts.indices[e] === gene ? 0 : value)));
}
