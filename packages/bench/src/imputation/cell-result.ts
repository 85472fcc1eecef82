import type { CellMachine, Scores } from '../clustering-bench/cell-result.js';
import type { DatasetRecord } from '../result.js';
import type { ImputationCell } from './cells.js';

/** Version of {@link ImputationCellResult}. */
export const IMPUTATION_RESULT_SCHEMA = 1;

/** What is kept of a cell. */
export interface ImputationCellResult {
  readonly schema: typeof IMPUTATION_RESULT_SCHEMA;
  readonly cell: ImputationCell;
  /** Command line that makes this cell, among others. */
  readonly command: string;
  /** `nVars`: genes of the benchmark, see `loadBenchmarkData`. */
  readonly dataset: DatasetRecord;
  readonly machine: CellMachine;
  readonly backend: string;
  readonly peakRssBytes: number;
  /**
   * Of a model: `preprocess`, `fit`, `fitCpu` (processor time of the fit, all threads together) and
   * `predict`; of a peer: `total`, with the start of Python; null for controls.
   */
  readonly seconds: Readonly<Record<string, number>> | null;
  /** By method; one entry unless it is controls. */
  readonly scores: Readonly<Record<string, Scores>>;
}
