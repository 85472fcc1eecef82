import type { Task } from '@dance-ts/core';

/**
 * A data set of DANCE (Ding et al., Genome Biology 25:72, 2024) in the layout of its folders. No
 * file is pinned, as none is offered at an address that stays: whoever has the files puts them in a
 * folder and reads them with the loader named.
 */
export interface DanceDataset {
  /** DANCE's name; the same name may stand for other files in another task. */
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly task: Task;
  readonly title: string;
  /** Files relative to the data folder; for annotation also the labels beside them. */
  readonly files: readonly string[];
  /** How DANCE divides the cells. */
  readonly splits: string;
  /** Where the original data are. */
  readonly origin: string;
  /** Cells and genes of the paper's table, where it gives them. */
  readonly size?: readonly [nObs: number, nVars: number];
  /** Function of this package that reads the files. */
  readonly loader:
    | 'loadDanceAnnotation'
    | 'loadDanceCells'
    | 'loadDanceModalities'
    | 'loadDanceSpots'
    | 'loadDanceMixtures';
  readonly note?: string;
}
