import type { AnnData, Channel } from '@dance-ts/core';
import { z } from 'zod';

const KEYED_SLOTS = ['layers', 'obs', 'var', 'obsm', 'varm', 'obsp', 'varp', 'uns'] as const;

/** Schema of a channel in pipeline files: `{slot: 'X'}` or `{slot: 'obsm', key: 'X_pca'}`. */
export const channelParam = z.union([
  z.strictObject({ slot: z.enum(['X', 'raw']) }),
  z.strictObject({ slot: z.enum(KEYED_SLOTS), key: z.string() }),
]);

/** Whether the data have a channel. */
export function hasChannel(data: AnnData, channel: Channel): boolean {
  switch (channel.slot) {
    case 'X':
      return data.hasX;
    case 'raw':
      return data.raw !== undefined;
    default:
      return data[channel.slot].has(channel.key);
  }
}
