import { defineParams, ParamError, type AnnData, type ParamInput } from '@dance-ts/core';
import { z } from 'zod';
import { keepGenes } from '../../select.js';
import { BaseTransform, type TransformSpec } from '../../transform.js';

const params = defineParams({
  prefixes: z.array(z.string().min(1)).default([]).describe('Beginnings of names to drop'),
  suffixes: z.array(z.string().min(1)).default([]).describe('Ends of names to drop'),
  caseSensitive: z.boolean().default(false).describe('Tell capitals from small letters'),
});

/**
 * Drops the genes whose name begins or ends with one of the texts, for example `MT-` and `ERCC-`.
 * Capitals do not matter unless asked for, so `MT-` drops the mitochondrial genes of mouse (`mt-`),
 * too. (In DANCE the flag works the wrong way round.)
 *
 * Source: DANCE (FilterGenesMatch). Used by: CARD, SpaGCN, Louvain.
 */
export class FilterGenesMatch extends BaseTransform<typeof params> {
  static readonly spec: TransformSpec<typeof params> = {
    name: 'FilterGenesMatch',
    group: 'filter',
    summary: 'Drops genes by the beginning or end of their names.',
    source: 'DANCE',
    usedBy: ['CARD', 'SpaGCN', 'Louvain'],
    params,
  };

  /** @throws ParamError if there is neither a prefix nor a suffix */
  constructor(input?: ParamInput<typeof params>) {
    super(FilterGenesMatch.spec, input);
    if (this.params.prefixes.length + this.params.suffixes.length > 0) return;
    throw new ParamError('FilterGenesMatch has nothing to match', {
      got: 'neither prefixes nor suffixes',
      remedy: "Give at least one, for example { prefixes: ['MT-'] }.",
    });
  }

  /** @throws DataError if no gene is left */
  protected override transform(data: AnnData): AnnData {
    const form = (text: string): string => (this.params.caseSensitive ? text : text.toUpperCase());
    const prefixes = this.params.prefixes.map(form);
    const suffixes = this.params.suffixes.map(form);
    const keep = data.varNames.map((gene) => {
      const name = form(gene);
      return !(
        prefixes.some((prefix) => name.startsWith(prefix)) ||
        suffixes.some((suffix) => name.endsWith(suffix))
      );
    });
    return keepGenes(data, keep, this.name);
  }
}
