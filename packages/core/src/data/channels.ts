/** Named parts of the cells, as DANCE's data objects have them. */
export interface Splits {
  readonly train: Int32Array;
  readonly val: Int32Array;
  readonly test: Int32Array;
}

/** Where a value stands in an AnnData: a slot, and the key inside it. */
export type Channel =
  | { readonly slot: 'X' }
  | { readonly slot: 'raw' }
  | {
      readonly slot: 'layers' | 'obs' | 'var' | 'obsm' | 'varm' | 'obsp' | 'varp' | 'uns';
      readonly key: string;
    };

/** Which channels a model reads as features and, for scoring or supervision, as the label. */
export interface ChannelConfig {
  readonly feature?: readonly Channel[];
  readonly label?: Channel;
}

/** `slot/key`, for messages. */
export function channelName(channel: Channel): string {
  return 'key' in channel ? `${channel.slot}["${channel.key}"]` : channel.slot;
}
