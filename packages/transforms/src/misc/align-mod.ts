import { copyUns, DataError, MuData, type AnnData } from '@dance-ts/core';
import type { Transform, TransformContext } from '../transform.js';

/** Which modality says what genes another one may have; the solution follows the nearer one. */
const GENES_OF: Readonly<Record<string, readonly string[]>> = {
  meta1: ['mod1'],
  meta2: ['mod2'],
  test_sol: ['mod1', 'mod2'],
};

/**
 * DANCE's `AlignMod`: after genes were chosen in `mod1` and `mod2`, gives `meta1`, `meta2` and
 * `test_sol` (those of them there are) the same genes. The solution gets those of the modality with
 * which it shares more; DANCE takes those of `mod1` always, which fails where the other one is to be
 * predicted. Other modalities stay as they are.
 *
 * @throws DataError without mod1 or mod2, or if a gene is missing
 */
export function alignModalities(data: MuData): MuData {
  return new MuData(
    data.names.map((name) => {
      const genes = GENES_OF[name]?.map((source) => data.get(source).varNames);
      const modality = data.get(name);
      return [
        name,
        genes === undefined ? modality : withGenes(modality, nearest(modality, genes), name),
      ];
    }),
    copyUns(data.uns),
  );
}

/**
 * Applies a transform, or a pipeline, to one modality; the others stay as they are. Cells that it
 * drops stay in the others: follow it with `intersect()`.
 *
 * @throws DataError if there is no such modality, and as the transform
 */
export async function applyToModality(
  data: MuData,
  name: string,
  transform: Transform,
  context: TransformContext,
): Promise<MuData> {
  const changed = await transform.apply(data.get(name), context);
  return new MuData(
    data.names.map((other) => [other, other === name ? changed : data.get(other)]),
    copyUns(data.uns),
  );
}

function nearest(modality: AnnData, candidates: readonly (readonly string[])[]): readonly string[] {
  const shared = candidates.map(
    (genes) => genes.filter((gene) => modality.var.indexOf(gene) >= 0).length,
  );
  return candidates[shared.indexOf(Math.max(...shared))] ?? [];
}

function withGenes(modality: AnnData, genes: readonly string[], name: string): AnnData {
  const columns = genes.map((gene) => modality.var.indexOf(gene));
  const missing = columns.indexOf(-1);
  if (missing >= 0) {
    throw new DataError(`modality "${name}" has no gene "${genes[missing]!}"`, {
      remedy: 'Give it the genes of mod1 or mod2 before genes are chosen.',
    });
  }
  const aligned = modality.subset({ var: columns });
  aligned.splits = modality.splits;
  return aligned;
}
