import { DanceError, errorMessage, FormatError, IoError } from '@dance-ts/core';

/** An element that is sound but of a kind this library cannot hold; optional ones are skipped. */
export class UnsupportedElementError extends FormatError {}

/** Rewriting with anndata changes filters, layout and links to ones that every reader has. */
export const REWRITE_REMEDY =
  "Rewrite it in Python with adata.write_h5ad(path, compression='gzip').";

/** What to do about a file that cannot be as it was written. */
export const DAMAGE_REMEDY =
  'The file seems to be damaged: get it again or restore it from a copy.';

/** Errors of the HDF5 library as one line that names file and element; ours pass unchanged. */
export function toFormatError(error: unknown, file: string, element: string): DanceError {
  if (error instanceof DanceError) return error;
  const reason = hdf5Reason(error);
  if (/external raw data file/.test(reason)) {
    return new FormatError(`${file}: ${element} keeps its values in another file`, {
      remedy: REWRITE_REMEDY,
      cause: error,
    });
  }
  return new FormatError(`${file}: ${element} cannot be read (${reason})`, {
    remedy: DAMAGE_REMEDY,
    cause: error,
  });
}

/** The innermost reason in an HDF5 error report, or the message itself. */
export function hdf5Reason(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const reasons = [...text.matchAll(/^\s*#\d+: .*? in \S+\(\): (.*)$/gm)].map((match) => match[1]);
  return reasons.at(-1) ?? errorMessage(error).slice(0, 200);
}

/** Runs a call that writes; errors of the HDF5 library become IoErrors that say where. */
export function guardWrite<T>(where: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (error instanceof DanceError) throw error;
    throw new IoError(`cannot write ${where}: ${hdf5Reason(error)}`, { cause: error });
  }
}
