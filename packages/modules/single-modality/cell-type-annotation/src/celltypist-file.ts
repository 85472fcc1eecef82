import { FormatError } from '@dance-ts/core';
import type { PickleArray, PickleObject, PickleValue } from '@dance-ts/io';
import type { GeneScaler } from './gene-scaler.js';

/** A linear model of cell types on standardized genes. */
export interface LinearModel {
  /** [nClasses, or 1 for two classes; nGenes] */
  readonly coef: Float32Array;
  /** [nClasses, or 1 for two classes] */
  readonly intercept: Float64Array;
  readonly scaler: GeneScaler;
}

/** What a model file of the authors holds. */
export interface CelltypistFile extends LinearModel {
  readonly classes: readonly string[];
  /** [nGenes] names. */
  readonly genes: readonly string[];
  /** Date, source, version and so on, as texts. */
  readonly description: Readonly<Record<string, string>>;
}

/** Classes of scikit-learn in model files of different ages; only their attributes are read. */
const CLASSES = [
  ...['linear_model._logistic', 'linear_model.logistic'].map((m) => `${m}.LogisticRegression`),
  ...['_stochastic_gradient', 'stochastic_gradient'].map((m) => `linear_model.${m}.SGDClassifier`),
  ...['_data', 'data'].map((m) => `preprocessing.${m}.StandardScaler`),
  ...['_sgd_fast', 'sgd_fast'].map((m) => `linear_model.${m}.Log`),
  '_loss._loss.CyHalfBinomialLoss',
].map((name) => `sklearn.${name}`);

/**
 * Reads a model file (.pkl) of the authors' program: a pickled dictionary of a linear classifier
 * (`Model`) and the scaler of its genes (`Scaler_`). Nothing in the file is run.
 *
 * @throws FormatError if the file names anything else than such a model, or is damaged
 */
export async function readCelltypistFile(bytes: Uint8Array): Promise<CelltypistFile> {
  // Loaded on demand: of the readers of files, a model needs nothing otherwise.
  const { PickleArray, PickleObject, readPickle } = await import('@dance-ts/io');
  const content = readPickle(bytes, { classes: CLASSES });
  const entry = (name: string): PickleValue | undefined =>
    content instanceof Map ? content.get(name) : undefined;
  const object = (name: string): PickleObject => {
    const value = entry(name);
    if (value instanceof PickleObject) return value;
    throw incomplete(name);
  };
  const array = (owner: PickleObject, name: string): PickleArray => {
    const value = owner.attribute(name);
    if (value instanceof PickleArray) return value;
    throw incomplete(`${owner.className}.${name}`);
  };
  const model = object('Model');
  const scaler = object('Scaler_');
  const numbers = (owner: PickleObject, name: string): Float64Array =>
    numbersOf(array(owner, name), name);
  const isCentered = scaler.attribute('with_mean') !== false;
  const classes = textsOf(array(model, 'classes_'));
  const genes = textsOf(array(model, 'features'));
  const file = {
    classes,
    genes,
    coef: Float32Array.from(numbers(model, 'coef_')),
    intercept: numbers(model, 'intercept_'),
    scaler: {
      // A scaler can be told to leave the mean where it is.
      mean: numbers(scaler, 'mean_').map((value) => (isCentered ? value : 0)),
      scale: numbers(scaler, 'scale_'),
    },
    description: descriptionOf(entry('description')),
  };
  checkSizes(file);
  return file;
}

function numbersOf({ data }: PickleArray, name: string): Float64Array {
  const values = Float64Array.from(data as ArrayLike<unknown>, Number);
  if (values.every(Number.isFinite)) return values;
  throw new FormatError(`${name} of the model file holds a value that is no number`);
}

function textsOf({ data }: PickleArray): string[] {
  return Array.from(data as ArrayLike<unknown>, String);
}

function descriptionOf(value: PickleValue | undefined): Record<string, string> {
  const entries = value instanceof Map ? [...value] : [];
  const plain = entries.filter(
    (entry): entry is [string, string | number] =>
      typeof entry[0] === 'string' && ['string', 'number'].includes(typeof entry[1]),
  );
  return Object.fromEntries(plain.map(([key, text]) => [key, String(text)]));
}

function checkSizes({ classes, genes, coef, intercept, scaler }: CelltypistFile): void {
  const rows = classes.length === 2 ? 1 : classes.length;
  const fits =
    classes.length >= 2 &&
    genes.length > 0 &&
    coef.length === rows * genes.length &&
    intercept.length === rows &&
    scaler.mean.length === genes.length &&
    scaler.scale.length === genes.length &&
    scaler.scale.every((value) => value > 0);
  if (fits) return;
  throw new FormatError('the parts of the model file do not fit together', {
    got: `${classes.length} classes, ${genes.length} genes, ${coef.length} coefficients, ${intercept.length} intercepts, a scaler of ${scaler.mean.length}`,
    remedy: 'Export the model again with the authors’ program.',
  });
}

function incomplete(part: string): FormatError {
  return new FormatError('this is no Celltypist model file', {
    expected: `a dictionary with Model and Scaler_ and their values; "${part}" is missing`,
    remedy: 'Give a .pkl file that the authors’ program wrote.',
  });
}
