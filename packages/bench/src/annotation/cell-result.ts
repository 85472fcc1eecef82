import type { DenseMatrix } from '@dance-ts/core';
import type { CellMachine } from '../clustering-bench/cell-result.js';
import type { DatasetRecord } from '../result.js';
import { answerScores, type Answers } from './answers.js';
import type { AnnotationCell } from './cells.js';

/** Version of {@link AnnotationCellResult}. */
export const ANNOTATION_RESULT_SCHEMA = 1;

/** Answers in short: what was said of each cell, and how sure of it the method was. */
export interface StoredAnswers {
  readonly labels: readonly string[];
  /** [nCells] places in `labels`; -1: no true label. */
  readonly truth: readonly number[];
  /** [nCells] places in `labels` of the label given, the most likely one where it declined. */
  readonly prediction: readonly number[];
  /** [nCells] largest class probability, four digits. */
  readonly confidence: readonly number[];
  /** Every score of the task. */
  readonly scores: Readonly<Record<string, number | null>>;
}

/** What is kept of a cell. */
export interface AnnotationCellResult {
  readonly schema: typeof ANNOTATION_RESULT_SCHEMA;
  readonly cell: AnnotationCell;
  /** Command line that makes this cell, among others. */
  readonly command: string;
  readonly dataset: DatasetRecord;
  readonly machine: CellMachine;
  readonly backend: string;
  readonly peakRssBytes: number;
  /** Null for controls and peers. */
  readonly seconds: Readonly<Record<'preprocess' | 'fit' | 'predict', number>> | null;
  /** By method; one entry unless it is controls. */
  readonly answers: Readonly<Record<string, StoredAnswers>>;
  /** Genes that speak for each label, strongest first; null where that was not asked for. */
  readonly markers: Readonly<Record<string, readonly string[]>> | null;
}

/** Answers as they are kept. */
export function stored(answers: Answers): StoredAnswers {
  const names = [...answers.truth, ...answers.prediction].filter((name) => name !== null);
  const labels = [...new Set([...answers.classes, ...names])].sort();
  const place = new Map<string | null, number>(labels.map((name, i) => [name, i]));
  const scores = answerScores(answers);
  return {
    labels,
    truth: answers.truth.map((name) => place.get(name) ?? -1),
    prediction: answers.prediction.map((name, i) => {
      const best = answers.classes[argmax(answers.probabilities, i)] ?? null;
      return place.get(name ?? best) ?? -1;
    }),
    confidence: answers.truth.map((_, i) => {
      const p = answers.probabilities.get(i, argmax(answers.probabilities, i));
      return Math.round(p * 1e4) / 1e4;
    }),
    scores: Object.fromEntries(
      Object.entries(scores).map(([name, value]) => [name, Number.isFinite(value) ? value : null]),
    ),
  };
}

function argmax(matrix: DenseMatrix, i: number): number {
  const row = matrix.row(i);
  let best = 0;
  for (let c = 1; c < row.length; c++) if (row[c]! > row[best]!) best = c;
  return best;
}
