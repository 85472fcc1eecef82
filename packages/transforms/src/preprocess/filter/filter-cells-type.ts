import { defineParams, ParamError, type AnnData, type ParamInput } from '@dance-ts/core';
import { z } from 'zod';
import { keepCells } from '../../select.js';
import { BaseTransform, type TransformContext, type TransformSpec } from '../../transform.js';

const params = defineParams({
  cellTypeThreshold: z
    .int()
    .min(0)
    .default(10)
    .describe('Cells of types with at most this many cells are dropped'),
  labelKey: z
    .string()
    .optional()
    .describe('Column of obs with the types; the label channel if left out'),
});

/**
 * Drops the cells of rare types. Cells without a label stay, so that a query beside the reference
 * is not affected; splits follow their cells.
 */
export class FilterCellsType extends BaseTransform<typeof params> {
  static readonly spec: TransformSpec<typeof params> = {
    name: 'FilterCellsType',
    group: 'filter',
    summary: 'Drops the labelled cells of rare types.',
    source: 'Liu et al., Advanced Science 12:e2412095, 2025; DANCE',
    usedBy: ['ScHeteroNet'],
    params,
  };

  /** @throws ParamError for an unknown or invalid parameter */
  constructor(input?: ParamInput<typeof params>) {
    super(FilterCellsType.spec, input);
  }

  /** @throws ParamError if no column is named; DataError if it is missing or no cell is left */
  protected override transform(data: AnnData, { reporter }: TransformContext): AnnData {
    const { cellTypeThreshold } = this.params;
    const { codes, categories } = data.labels(this.columnOf(data));
    const sizes = new Int32Array(categories.length);
    for (const code of codes) if (code >= 0) sizes[code]! += 1;
    const rare = categories.filter((_, c) => sizes[c]! > 0 && sizes[c]! <= cellTypeThreshold);
    if (rare.length > 0) {
      reporter?.message(
        'info',
        `${this.name}: types with at most ${cellTypeThreshold} cells dropped: ${rare.join(', ')}`,
      );
    }
    const keep = Array.from(codes, (code) => code < 0 || sizes[code]! > cellTypeThreshold);
    return keepCells(data, keep, this.name);
  }

  private columnOf({ channels: { label } }: AnnData): string {
    if (this.params.labelKey !== undefined) return this.params.labelKey;
    if (label?.slot === 'obs') return label.key;
    throw new ParamError(`${this.name}: no column of cell types is named`, {
      got: 'neither { labelKey } nor a label channel',
      remedy: "Name the column of obs that holds them, for example { labelKey: 'cell_type' }.",
    });
  }
}
