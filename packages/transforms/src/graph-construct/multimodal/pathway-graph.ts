import { CsrMatrix, DenseMatrix, FormatError, Pacer, toCsr, type Matrix } from '@dance-ts/core';
import { getKernels } from '@dance-ts/kernels';
import { sparseTimesDense } from '../../numeric/sparse-times-dense.js';
import { GeneCorrelations } from '../gene-correlations.js';
import { sparseRows } from '../sparse-rows.js';

/** Genes of each pathway by its name. */
export type GeneSets = Readonly<Record<string, readonly string[]>>;

/** Ways to weigh an edge between genes of one pathway. */
export type PathwayWeight = 'cos' | 'one' | 'pearson' | 'spearman';

/** Edges between genes of common pathways. */
export interface PathwayGraph {
  /** Sum of the weights of all edges between two genes, [nGenes, nGenes], symmetric. */
  readonly weights: CsrMatrix;
  /** Edges of each gene, one for each pathway and partner, [nGenes]; what means divide by. */
  readonly degrees: Int32Array;
}

const BLOCK = 128;

/**
 * Pathways of a GMT file: on each line a name, a description and genes, with tabs between.
 *
 * @throws FormatError naming a line without genes
 */
export function parseGmt(text: string): GeneSets {
  const sets: Record<string, string[]> = {};
  text.split(/\r?\n/).forEach((line, i) => {
    if (line.trim() === '') return;
    const [name = '', , ...genes] = line.split('\t');
    if (genes.length === 0) {
      throw new FormatError(`line ${i + 1} of the gene sets`, {
        got: line.slice(0, 60),
        expected: 'name, description and genes with tabs between',
      });
    }
    sets[name] = genes.filter((gene) => gene !== '');
  });
  return sets;
}

/**
 * An edge between every two genes for each pathway that has both, weighted by the similarity of
 * their columns over the cells: cosine, correlation, or 1. Edges of weight at most `threshold` in
 * size are left out; genes that are not measured are passed over.
 *
 * DANCE weighs by 1 - r for correlations, which is a distance.
 *
 * Source: Wen et al., KDD 2022 (ScMoGNN), section 4.2.
 *
 * @param X - cells x genes, finite
 */
export async function pathwayGraph(
  X: Matrix,
  geneNames: readonly string[],
  sets: GeneSets,
  options: { readonly weight: PathwayWeight; readonly threshold: number; readonly pacer: Pacer },
): Promise<PathwayGraph> {
  const place = new Map(geneNames.map((name, g) => [name, g]));
  const pathways = Object.values(sets).map((names) => [
    ...new Set(names.map((name) => place.get(name)).filter((g) => g !== undefined)),
  ]);
  const members = [...new Set(pathways.flat())].sort((a, b) => a - b);
  const similar = await similarities(X.selectColumns(members), options.weight);
  const shared = commonPathways(pathways, geneNames.length);
  const rows: { readonly column: number; readonly weight: number }[][] = geneNames.map(() => []);
  const degrees = new Int32Array(geneNames.length);
  for (let start = 0; start < members.length; start += BLOCK) {
    await options.pacer.tick();
    const width = Math.min(BLOCK, members.length - start);
    const block = similar(Int32Array.from({ length: width }, (_, k) => start + k));
    for (let k = 0; k < width; k++) {
      const g = members[start + k]!;
      members.forEach((h, m) => {
        const nEdges = h < g ? shared.get(g, h) : 0;
        const weight = block.get(m, k);
        if (nEdges === 0 || !(Math.abs(weight) > options.threshold)) return;
        rows[g]?.push({ column: h, weight: nEdges * weight });
        rows[h]?.push({ column: g, weight: nEdges * weight });
        degrees[g]! += nEdges;
        degrees[h]! += nEdges;
      });
    }
  }
  const weights = sparseRows(geneNames.length, geneNames.length, (g, add) => {
    for (const { column, weight } of rows[g] ?? []) add(column, weight);
  });
  return { weights, degrees };
}

/** Number of pathways that two genes are both in, at (g, h) for h < g. */
function commonPathways(pathways: readonly (readonly number[])[], nGenes: number): CsrMatrix {
  const of: number[][] = Array.from({ length: nGenes }, () => []);
  pathways.forEach((genes, p) => {
    for (const g of genes) of[g]?.push(p);
  });
  return sparseRows(nGenes, nGenes, (g, add) => {
    for (const p of of[g] ?? []) for (const h of pathways[p] ?? []) if (h < g) add(h, 1);
  });
}

/** Similarities of all genes of X with some of them, [nGenes, columns.length]. */
async function similarities(
  X: Matrix,
  weight: PathwayWeight,
): Promise<(columns: Int32Array) => DenseMatrix> {
  if (weight === 'one') {
    return (columns) => DenseMatrix.zeros(X.nCols, columns.length).mapData(() => 1);
  }
  if (weight !== 'cos') {
    const correlations = await GeneCorrelations.of(X, weight);
    return (columns) => correlations.with(columns);
  }
  const genes = toCsr(X).transpose();
  const lengths = genes.mapData((value) => value * value).rowSums();
  const unit = genes.scaleRows(lengths.map((square) => (square > 0 ? 1 / Math.sqrt(square) : 0)));
  const kernels = await getKernels();
  return (columns) =>
    sparseTimesDense(kernels, unit, unit.selectRows(columns).toDense().transpose());
}
