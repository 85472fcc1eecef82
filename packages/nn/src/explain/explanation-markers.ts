import { compareText, ParamError, type Explanation } from '@dance-ts/core';

/** A gene and its mean contribution to the score of a target. */
export interface ExplainingGene {
  readonly gene: string;
  /** Mean attribution over the cells, in units of the score. */
  readonly score: number;
}

/** Genes of each target, the strongest first; the shape of ranked marker genes. */
export interface ExplanationMarkers {
  readonly groups: string[];
  readonly byGroup: readonly {
    readonly group: string;
    readonly names: string[];
    readonly scores: Float64Array;
  }[];
}

/**
 * The genes that speak most for the target of an explanation: those with the largest mean
 * attribution over its cells, equal ones by name. Negative means are genes that speak against it.
 *
 * @param n - how many, default 10; all if there are fewer
 * @throws ParamError unless n is an integer >= 1
 */
export function topGenes(explanation: Explanation, n = 10): ExplainingGene[] {
  if (!Number.isInteger(n) || n < 1) {
    throw new ParamError('topGenes: n', { got: String(n), expected: 'an integer >= 1' });
  }
  const { genes, attributions } = explanation;
  const sums = attributions.columnSums();
  return genes
    .map((gene, g) => ({ gene, score: sums[g]! / Math.max(1, attributions.nRows) }))
    .sort((a, b) => b.score - a.score || compareText(a.gene, b.gene))
    .slice(0, n);
}

/**
 * The top genes of several targets, for dot plots and tables of markers.
 *
 * @param explanations - one a target
 * @param n - genes a target, default 10
 * @throws ParamError unless n is an integer >= 1
 */
export function explanationMarkers(
  explanations: Iterable<Explanation>,
  n = 10,
): ExplanationMarkers {
  const byGroup = Array.from(explanations, (explanation) => {
    const top = topGenes(explanation, n);
    return {
      group: explanation.target,
      names: top.map(({ gene }) => gene),
      scores: Float64Array.from(top, ({ score }) => score),
    };
  });
  return { groups: byGroup.map(({ group }) => group), byGroup };
}
