import { DataError, FormatError, type AnnData, type Bundle, type Json } from '@dance-ts/core';
import { geneVocabulary, type GeneVocabulary } from '@dance-ts/transforms';

/** What every annotation model keeps of the cells it learned from. */
export interface Reference {
  readonly classes: readonly string[];
  /** Genes of the reference before preprocessing. */
  readonly vocabulary: GeneVocabulary;
  /** [nKept] places in the vocabulary of the genes that preprocessing kept. */
  readonly kept: Int32Array;
  /** Preprocessing parameters; null where the reference was prepared by other means. */
  readonly preprocessing: Json;
}

/**
 * The genes of a reference, and which of them its preprocessing kept.
 *
 * @param byModel - whether the model itself prepared it; else all genes count as kept
 * @throws DataError if preprocessing changed their names
 */
export function referenceGenes(
  data: AnnData,
  prepared: AnnData,
  byModel: boolean,
): Pick<Reference, 'vocabulary' | 'kept'> {
  const vocabulary = geneVocabulary(data.var);
  const { names } = vocabulary;
  const kept = byModel ? placesOf(prepared.varNames, names) : Int32Array.from(names.keys());
  return { vocabulary, kept };
}

/** Puts a reference beside what a model learned from it, for saving. */
export function captureReference(reference: Reference, learned: Bundle): Bundle {
  const { classes, vocabulary, kept, preprocessing } = reference;
  return {
    facts: {
      classes,
      genes: vocabulary.names,
      geneAliases: vocabulary.aliases,
      preprocessing,
      learned: learned.facts,
    },
    tensors: new Map([...learned.tensors, ['kept', { shape: [kept.length], data: kept }]]),
  };
}

/**
 * Takes apart what `captureReference` put together.
 *
 * @param owner - model name, for messages
 * @throws FormatError if there are no classes or genes
 */
export function restoreReference(
  { facts, tensors }: Bundle,
  owner: string,
): { readonly reference: Reference; readonly learned: Bundle } {
  const { classes, genes, geneAliases, preprocessing = null, learned } = facts;
  const kept = tensors.get('kept')?.data;
  if (!Array.isArray(classes) || !Array.isArray(genes) || !(kept instanceof Int32Array)) {
    throw new FormatError(`the saved ${owner} has no classes or no genes`, {
      remedy: 'Save the model again.',
    });
  }
  const aliases = geneAliases as GeneVocabulary['aliases'];
  const vocabulary = { names: genes as string[], aliases };
  return {
    reference: { classes: classes as string[], vocabulary, kept, preprocessing },
    learned: { facts: learned as Bundle['facts'], tensors },
  };
}

function placesOf(names: readonly string[], all: readonly string[]): Int32Array {
  const placeOf = new Map(all.map((name, place) => [name, place]));
  return Int32Array.from(names, (name) => {
    const place = placeOf.get(name);
    if (place !== undefined) return place;
    throw new DataError('preprocessing changed the names of the genes', {
      got: `gene "${name}"`,
      expected: 'genes of the reference',
    });
  });
}
