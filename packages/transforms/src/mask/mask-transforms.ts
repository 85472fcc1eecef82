import type { TransformClass } from '../registry.js';
import { CellwiseMaskData } from './cellwise-mask-data.js';
import { GeneHoldout } from './gene-holdout.js';
import { MaskData } from './mask-data.js';

/** Steps that hold out entries or genes; all are registered with the package. */
export const MASK_TRANSFORMS: readonly TransformClass[] = [CellwiseMaskData, GeneHoldout, MaskData];
