import type { Task } from '@dance-ts/core';

/** A file with a pinned size and checksum. */
export interface PinnedFile {
  /** SHA-256 in hexadecimal. */
  readonly sha256: string;
  readonly bytes: number;
}

/** Where a data set can be had, and how its file is made from what lies there. */
export interface PublicSource extends PinnedFile {
  readonly url: string;
  /** How the downloaded file becomes the data, see `prepare`. */
  readonly prepare: PrepareId;
  /** License of the repository that holds it, as it says itself. */
  readonly license: string;
}

/** Steps from a public file to annotated data. */
export type PrepareId = 'xy-h5' | 'h5ad' | 'competition-h5ad';

/** A data set of the catalogue. */
export interface DatasetEntry {
  readonly name: string;
  /** Other names by which the same data are known. */
  readonly aliases?: readonly string[];
  /** The task it is listed for first. */
  readonly task: Task;
  /** Other tasks it serves. */
  readonly alsoFor?: readonly Task[];
  readonly title: string;
  /** Prepared file, relative to the data folder; null for simulated data. */
  readonly file: (PinnedFile & { readonly path: string }) | null;
  readonly nObs: number;
  readonly nVars: number;
  /** Column of `obs` with the labels; absent for data without any. */
  readonly labelKey?: string;
  /** Classes of the labels; 0 without labels. */
  readonly nClasses: number;
  /** What X holds. */
  readonly values: string;
  readonly paper: string;
  /** Where the original data are, for data whose file cannot be downloaded. */
  readonly origin?: string;
  /** Null for simulated data, and where no public file can be pinned; then `origin` is given. */
  readonly source: PublicSource | null;
  readonly note?: string;
}
