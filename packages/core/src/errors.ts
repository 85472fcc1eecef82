/** Stable identifiers of the error classes, for callers that switch on them. */
export type ErrorCode = 'PARAM' | 'DATA' | 'FORMAT' | 'NOT_FITTED' | 'BACKEND' | 'ABORTED' | 'IO';

/** What an error knows beyond its one-line summary. */
export interface ErrorDetail {
  /** What was found. */
  readonly got?: string;
  /** What would have been right. */
  readonly expected?: string;
  /** One sentence that says what to do. */
  readonly remedy?: string;
  /** The error underneath, if any. */
  readonly cause?: unknown;
}

/** Base of every error this library throws on purpose: one line that names what, why and what to do. */
export abstract class DanceError extends Error {
  abstract readonly code: ErrorCode;
  readonly detail: ErrorDetail;

  constructor(summary: string, detail: ErrorDetail = {}) {
    super(messageOf(summary, detail), detail.cause === undefined ? {} : { cause: detail.cause });
    this.name = new.target.name;
    this.detail = detail;
  }
}

/** A parameter or option is unknown, of the wrong type or out of range. */
export class ParamError extends DanceError {
  readonly code = 'PARAM';
}

/** The data cannot be used: shapes, names, missing labels, invalid values. */
export class DataError extends DanceError {
  readonly code = 'DATA';
}

/** A file is not what it claims to be, or uses a feature that is not supported. */
export class FormatError extends DanceError {
  readonly code = 'FORMAT';
}

/** A file or folder cannot be reached, read or written. */
export class IoError extends DanceError {
  readonly code = 'IO';
}

/** A model was asked for results before `fit`. */
export class NotFittedError extends DanceError {
  readonly code = 'NOT_FITTED';
}

/** A numeric backend is missing or failed its self-test. */
export class BackendError extends DanceError {
  readonly code = 'BACKEND';
}

/** The caller's AbortSignal fired. */
export class AbortError extends DanceError {
  readonly code = 'ABORTED';
}

/** The message of any thrown value, on one line. */
export function errorMessage(error: unknown): string {
  return onOneLine(error instanceof Error ? error.message : String(error));
}

function onOneLine(text: string): string {
  return text.replace(/\s*[\r\n]\s*/g, ' ');
}

function messageOf(summary: string, detail: ErrorDetail): string {
  const facts = [
    detail.got === undefined ? undefined : `got ${detail.got}`,
    detail.expected === undefined ? undefined : `expected ${detail.expected}`,
  ].filter((fact) => fact !== undefined);
  const head = facts.length === 0 ? summary : `${summary}: ${facts.join(', ')}`;
  return onOneLine(detail.remedy === undefined ? head : `${head}. ${detail.remedy}`);
}
