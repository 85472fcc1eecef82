import { Compose } from '../../compose.js';
import { Log1P } from './log1p.js';
import { RowNormalize } from './row-normalize.js';

/** How expression becomes edge weights, see {@link cellWeights}. */
export const CELL_WEIGHTS = ['log_per_cell', 'per_cell', 'none'] as const;

/**
 * Steps that turn (log) expression into the weights of a cell-gene graph.
 *
 * @param normalizeWeights - `log_per_cell`: log1p once more, then cells sum to 1; `per_cell`: cells
 * sum to 1; `none`: expression as it is
 */
export function cellWeights(normalizeWeights: (typeof CELL_WEIGHTS)[number]): Compose {
  switch (normalizeWeights) {
    case 'log_per_cell':
      return new Compose([new Log1P(), new RowNormalize()]);
    case 'per_cell':
      return new Compose([new RowNormalize()]);
    case 'none':
      return new Compose([]);
  }
}
