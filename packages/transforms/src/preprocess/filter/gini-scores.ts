/** One value a gene of a type and of the other types. */
export interface OneAgainstOthers {
  readonly own: Float64Array;
  readonly others: Float64Array;
}

/** When a gene is a marker, see `FilterGenesMarkerGini`. */
export interface GiniRule {
  readonly minExprGiniScore: number;
  readonly minDetGiniScore: number;
  readonly minGenes: number;
  readonly compat: 'none' | 'dance';
}

/** How well each gene marks a type. */
export interface GiniScores {
  readonly score: Float64Array;
  /** 1 for the largest score; equal scores in the order of the genes. */
  readonly rank: Int32Array;
  readonly expressionGini: Float64Array;
  readonly detectionGini: Float64Array;
  readonly isMarker: Uint8Array;
}

/** Scores of `FilterGenesMarkerGini` for one type. */
export function giniScores(
  expression: OneAgainstOthers,
  detection: OneAgainstOthers,
  rule: GiniRule,
): GiniScores {
  const expressionGini = expression.own.map((own, g) => pairGini(own, expression.others[g]!));
  const detectionGini = detection.own.map((own, g) => pairGini(own, detection.others[g]!));
  const ahead = ({ own, others }: OneAgainstOthers, g: number): boolean => own[g]! > others[g]!;
  const weight = (pair: OneAgainstOthers, g: number): number => (ahead(pair, g) ? 1 : 0.1);
  const score = expressionGini.map(
    (gini, g) => gini * detectionGini[g]! * weight(expression, g) * weight(detection, g),
  );
  const rank = descendingPlaces(score);
  const exceeds = (g: number): boolean =>
    rule.compat === 'dance'
      ? expression.own[g]! > rule.minExprGiniScore && detection.own[g]! > rule.minDetGiniScore
      : ahead(expression, g) &&
        ahead(detection, g) &&
        expressionGini[g]! > rule.minExprGiniScore &&
        detectionGini[g]! > rule.minDetGiniScore;
  const isMarker = Uint8Array.from(rank, (place, g) =>
    place <= rule.minGenes || exceeds(g) ? 1 : 0,
  );
  return { score, rank, expressionGini, detectionGini, isMarker };
}

/** Gini coefficient of two values that are not negative. */
function pairGini(a: number, b: number): number {
  return a + b > 0 ? Math.abs(a - b) / (2 * (a + b)) : 0;
}

function descendingPlaces(values: Float64Array): Int32Array {
  const order = Uint32Array.from(values.keys()).sort((a, b) => values[b]! - values[a]! || a - b);
  const places = new Int32Array(values.length);
  order.forEach((g, i) => {
    places[g] = i + 1;
  });
  return places;
}
