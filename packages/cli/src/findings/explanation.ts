import type { Explain } from '@dance-ts/bench';
import type { CategoricalColumn, Explanation, UnsDict, UnsValue } from '@dance-ts/core';
import { explanationMarkers, type ExplanationMarkers } from '@dance-ts/nn';

/** Genes kept for each group. */
const N_GENES = 100;

/**
 * The genes each group of cells rests on, the strongest first.
 *
 * @throws any error of the model; AbortError
 */
export async function explainGroups(
  { codes, categories }: CategoricalColumn,
  explain: Explain,
): Promise<ExplanationMarkers> {
  const present = new Set(codes);
  const explanations: Explanation[] = [];
  for (const [code, name] of categories.entries()) {
    if (present.has(code)) explanations.push(await explain(String(name)));
  }
  return explanationMarkers(explanations, N_GENES);
}

/** Genes and their mean contributions by group, for `uns`. */
export function explanationRecord({ byGroup }: ExplanationMarkers): UnsDict {
  const record: UnsDict = new Map<string, UnsValue>();
  for (const { group, names, scores } of byGroup) {
    record.set(group, new Map<string, UnsValue>(Object.entries({ genes: names, scores })));
  }
  return record;
}
