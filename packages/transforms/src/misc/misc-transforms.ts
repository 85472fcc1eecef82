import type { TransformClass } from '../registry.js';
import { AnnDataTransform } from './anndata-transform.js';
import { RemoveSplit } from './remove-split.js';
import { UpdateRaw } from './update-raw.js';
import { When } from './when.js';

/** Steps that are about the data object rather than its values; all are registered. */
export const MISC_TRANSFORMS: readonly TransformClass[] = [
  AnnDataTransform,
  RemoveSplit,
  UpdateRaw,
  When,
];
