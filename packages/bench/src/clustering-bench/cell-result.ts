import type { DatasetRecord, RunResult } from '../result.js';
import type { CellSpec } from './cells.js';

/** Version of {@link CellResult}. */
export const CELL_RESULT_SCHEMA = 1;

/** Scores by name; null where a score has no value. */
export type Scores = Readonly<Record<string, number | null>>;

/** Where a cell ran. */
export interface CellMachine {
  readonly cpu: string;
  readonly cores: number;
  /** Load average of the last minute when the cell began: times of a busy machine are too long. */
  readonly load: number;
}

/** What is kept of a cell. */
export interface CellResult {
  readonly schema: typeof CELL_RESULT_SCHEMA;
  readonly cell: CellSpec;
  /** Command line that makes this cell, among others. */
  readonly command: string;
  readonly dataset: DatasetRecord;
  readonly machine: CellMachine;
  /** Of the process of the cell. */
  readonly peakRssBytes: number;
  /** Of the training alone; null for controls. */
  readonly fitSeconds: number | null;
  /**
   * Cluster of each cell of a model or consensus in the order of the data set, a letter each (see
   * `encodeLabels`); null for controls and peers, and for more clusters than there are letters.
   */
  readonly labels?: string | null;
  /** The run of a model, null for controls. */
  readonly run: RunResult | null;
  /** Scores of each control, or of a peer by the name of its model; empty for a model. */
  readonly controls: Readonly<Record<string, Scores>>;
}
