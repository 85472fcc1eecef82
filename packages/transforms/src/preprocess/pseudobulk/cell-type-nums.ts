import {
  DataError,
  defineParams,
  numericColumn,
  Table,
  type AnnData,
  type ParamInput,
} from '@dance-ts/core';
import { z } from 'zod';
import { BaseTransform, type TransformSpec } from '../../transform.js';
import { referenceParams, referenceTypes } from './reference-types.js';

/** Key of `uns` for the numbers of cells unless another is asked for. */
export const CELL_TYPE_NUMS_KEY = 'CellTypeNums';

const params = defineParams({
  ...referenceParams,
  out: z.string().min(1).default(CELL_TYPE_NUMS_KEY).describe('Key of uns for the numbers'),
});

/**
 * The number of cells of each type, as a table with the types as rows and the column `n_cells` in
 * `uns[out]`.
 *
 * Source: DANCE (CellTypeNums). Used by: pipelines with FilterGenesMarkerGini.
 */
export class CellTypeNums extends BaseTransform<typeof params> {
  static readonly spec: TransformSpec<typeof params> = {
    name: 'CellTypeNums',
    group: 'feature',
    summary: 'Counts the cells of each type.',
    source: 'DANCE',
    usedBy: [],
    params,
  };

  /** @throws ParamError for an unknown or invalid parameter */
  constructor(input?: ParamInput<typeof params>) {
    super(CellTypeNums.spec, input);
  }

  /** @throws DataError without the column, or if a type asked for has no cells */
  protected override transform(data: AnnData): AnnData {
    const types = referenceTypes(data, this.params, this.name);
    const numbers = numericColumn(Int32Array.from(types, ({ cells }) => cells.length));
    const view = data.view();
    const names = types.map(({ name }) => name);
    view.uns.set(this.params.out, new Table(names, [['n_cells', numbers]]));
    return view;
  }
}

/**
 * Numbers of cells that {@link CellTypeNums} wrote, in the order of `names`.
 *
 * @param owner - name of the transform that reads, for messages
 * @throws DataError if `uns` has no such table, or it lacks a type
 */
export function readCellTypeNums(
  data: AnnData,
  key: string,
  names: readonly string[],
  owner: string,
): Float64Array {
  const table = data.uns.get(key);
  const column = table instanceof Table ? table.find('n_cells') : undefined;
  if (!(table instanceof Table) || column?.kind !== 'numeric') {
    throw new DataError(`${owner}: uns["${key}"] holds no numbers of cells`, {
      remedy: 'Run CellTypeNums before.',
    });
  }
  return Float64Array.from(names, (name) => {
    const row = table.indexOf(name);
    if (row >= 0) return column.values[row]!;
    throw new DataError(`${owner}: uns["${key}"] lacks type "${name}"`, {
      got: table.index.join(', '),
      remedy: 'Run CellTypeNums and the profiles on the same types.',
    });
  });
}
