import type { SmallSettings } from './small-settings.js';

/** One entry for each registered imputation model, see {@link SmallSettings}. */
export const SMALL_IMPUTATION_SETTINGS: Readonly<Record<string, SmallSettings>> = {
  magic: {
    params: { k: 10, ka: 3 },
    fit: {},
    preprocess: { nComponents: 8 },
    badParam: ['decay', 0],
  },
};
