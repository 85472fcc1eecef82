import { CsrMatrix, DataError, type AnnData } from '@dance-ts/core';
import { z } from 'zod';
import type { EntryMask } from './draw-entry-mask.js';
import { entryList, valuesAt, withoutEntries } from './entry-list.js';

/** Layers whose stored entries are what was held out, with the values that X had there. */
export const MASK_LAYERS = { validation: 'valid_mask', test: 'test_mask' } as const;

/** Parameters that the transforms that hold out entries share. */
export const maskParams = {
  maskRate: z
    .number()
    .positive()
    .max(1)
    .default(0.1)
    .describe('Share of the non-zero values to hold out'),
  addTestMask: z
    .boolean()
    .default(false)
    .describe('Keep nine in ten of the values held out for the test, instead of none'),
  hide: z
    .boolean()
    .default(true)
    .describe('Set the values held out to 0 in X, so that later steps cannot know them'),
  seed: z.int().optional().describe("Seed of the draw; the run's own if left out"),
};

/** Data with a mask in their layers, and X without the held-out values if `hide` says so. */
export function withMask(data: AnnData, { validation, test }: EntryMask, hide: boolean): AnnData {
  const view = data.view();
  view.layers.set(MASK_LAYERS.validation, valuesAt(data.X, validation));
  view.layers.set(MASK_LAYERS.test, valuesAt(data.X, test));
  if (hide) view.X = withoutEntries(data.X, validation, test);
  return view;
}

/**
 * The entries that `CellwiseMaskData` or `MaskData` held out; their values are the stored entries
 * of the layers `valid_mask` and `test_mask`. Every other entry, zeros included, is for training.
 *
 * @throws DataError if the data have no such layers
 */
export function readEntryMask(data: AnnData): EntryMask {
  const listOf = (key: string): EntryMask['test'] => {
    const layer = data.layers.get(key);
    if (layer instanceof CsrMatrix) {
      return entryList(layer, Int32Array.from(layer.indices.keys()));
    }
    throw new DataError(`the data have no sparse layer "${key}"`, {
      remedy: 'Run the transform CellwiseMaskData or MaskData before.',
    });
  };
  return { validation: listOf(MASK_LAYERS.validation), test: listOf(MASK_LAYERS.test) };
}
