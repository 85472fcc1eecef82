import { defineParams, type AnnData, type ParamInput } from '@dance-ts/core';
import { z } from 'zod';
import { keepCells } from '../select.js';
import { BaseTransform, type TransformContext, type TransformSpec } from '../transform.js';

const params = defineParams({
  splitName: z.enum(['train', 'val', 'test']).describe('Part of the cells to remove'),
});

/**
 * Removes the cells of one split; the other splits follow their cells.
 *
 * Source: DANCE.
 */
export class RemoveSplit extends BaseTransform<typeof params> {
  static readonly spec: TransformSpec<typeof params> = {
    name: 'RemoveSplit',
    group: 'misc',
    summary: 'Removes the cells of one split.',
    source: 'DANCE',
    usedBy: ['DSTG', 'STdGCN'],
    params,
  };

  /** @throws ParamError for an unknown or invalid parameter */
  constructor(input?: ParamInput<typeof params> | Record<string, unknown>) {
    super(RemoveSplit.spec, input);
  }

  /** @throws DataError if no cell would be left */
  protected override transform(data: AnnData, { reporter }: TransformContext): AnnData {
    const { splitName } = this.params;
    const removed = data.splits[splitName];
    if (removed.length === 0) {
      reporter?.message('warning', `${this.name}: there are no ${splitName} cells`);
    }
    const keep = new Uint8Array(data.nObs).fill(1);
    for (const cell of removed) keep[cell] = 0;
    return keepCells(data, keep, this.name);
  }
}
