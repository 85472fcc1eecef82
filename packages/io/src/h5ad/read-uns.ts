import type { NumericArray, UnsDict, UnsValue } from '@dance-ts/core';
import type { Decoded, DecodedNumbers } from '../hdf5/decode.js';
import { UnsupportedElementError } from '../hdf5/h5-errors.js';
import type { ReadContext } from './element.js';
import { readElement, readMapping } from './read-element.js';
import type { StoredArray, StoredGroup } from '../storage/stored-node.js';

/** Deeper nesting than this is no annotation but a loop of links. */
const MAX_DEPTH = 16;

/** A nested dictionary; values of unknown kinds are left out with a warning. */
export async function readDict(context: ReadContext, group: StoredGroup): Promise<UnsDict> {
  if (group.path.split('/').length > MAX_DEPTH) {
    throw group.invalid(`is nested more than ${MAX_DEPTH} levels deep`);
  }
  return new Map(await readMapping(context, group, (node) => readElement(context, node, 'uns')));
}

/** A scalar, a list of texts, a number array or an N-dimensional array. */
export async function readUnsArray(_context: ReadContext, dataset: StoredArray): Promise<UnsValue> {
  const { shape = [] } = dataset;
  const data = await dataset.read();
  if (shape.length === 0) return scalarOf(dataset, data);
  switch (data.kind) {
    case 'string':
      if (shape.length === 1) return data.values;
      throw new UnsupportedElementError(
        `${dataset.file.name}: ${dataset.label} is an array of texts with several dimensions`,
      );
    case 'boolean':
    case 'number': {
      const values = data.kind === 'boolean' ? data.values : integersAsInt32(data);
      return shape.length === 1 ? values : { kind: 'ndarray', shape, data: values };
    }
    case 'compound':
      throw new UnsupportedElementError(`${dataset.file.name}: ${dataset.label} holds records`);
  }
}

/** Texts; before anndata 0.7 a single text was an array of length 1 and fixed width. */
export async function readUnsTexts(context: ReadContext, dataset: StoredArray): Promise<UnsValue> {
  const value = await readUnsArray(context, dataset);
  const isOldScalar =
    dataset.type.kind === 'string' && !dataset.type.variable && dataset.length === 1;
  return isOldScalar && Array.isArray(value) ? (value as string[])[0]! : value;
}

/** Nothing. */
export function readNull(): Promise<null> {
  return Promise.resolve(null);
}

function scalarOf(dataset: StoredArray, data: Decoded): UnsValue {
  switch (data.kind) {
    case 'string':
    case 'number':
      return data.values[0]!;
    case 'boolean':
      return data.values[0] === 1;
    case 'compound':
      throw new UnsupportedElementError(`${dataset.file.name}: ${dataset.label} is a record`);
  }
}

/** 64-bit integers arrive as float64; where they are small they stay integers. */
function integersAsInt32({ values, dtype }: DecodedNumbers): NumericArray {
  if (dtype !== 'int64' && dtype !== 'uint64') return values;
  return values.every((value: number) => (value | 0) === value) ? Int32Array.from(values) : values;
}
