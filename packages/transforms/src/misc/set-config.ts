import {
  channelName,
  DataError,
  defineParams,
  type AnnData,
  type Channel,
  type ParamInput,
} from '@dance-ts/core';
import { z } from 'zod';
import { BaseTransform, type TransformSpec } from '../transform.js';

const KEYED_SLOTS = ['layers', 'obs', 'var', 'obsm', 'varm', 'obsp', 'varp', 'uns'] as const;

const channel = z.union([
  z.strictObject({ slot: z.enum(['X', 'raw']) }),
  z.strictObject({ slot: z.enum(KEYED_SLOTS), key: z.string() }),
]);

const params = defineParams({
  feature: z
    .array(channel)
    .min(1)
    .optional()
    .describe('Channels a model reads as features; as they were if left out'),
  label: channel.optional().describe('Channel of the labels; as it was if left out'),
});

/** Says which channels a model reads as features and which holds the labels. */
export class SetConfig extends BaseTransform<typeof params> {
  static readonly spec: TransformSpec<typeof params> = {
    name: 'SetConfig',
    group: 'misc',
    summary: 'Sets the feature and label channels.',
    source: 'DANCE',
    usedBy: [
      'ACTINN',
      'GraphSC',
      'SCAG2E',
      'ScDCC',
      'ScDeepCluster',
      'ScDeepSort',
      'ScDSC',
      'ScGPCL',
      'ScHeteroNet',
      'ScTAG',
      'ScTPF',
      'SVM',
    ],
    params,
  };

  /** @throws ParamError for a channel that is none */
  constructor(input?: ParamInput<typeof params>) {
    super(SetConfig.spec, input);
  }

  /** @throws DataError if the data have no such channel */
  protected override transform(data: AnnData): AnnData {
    const { feature, label } = this.params;
    for (const named of [...(feature ?? []), ...(label ? [label] : [])]) assertHas(data, named);
    const view = data.view();
    view.channels = {
      ...data.channels,
      ...(feature && { feature }),
      ...(label && { label }),
    };
    return view;
  }
}

function assertHas(data: AnnData, channel: Channel): void {
  if (has(data, channel)) return;
  throw new DataError(`SetConfig: the data have no ${channelName(channel)}`, {
    remedy: 'Name a channel that an earlier step or the file provides.',
  });
}

function has(data: AnnData, channel: Channel): boolean {
  switch (channel.slot) {
    case 'X':
      return data.hasX;
    case 'raw':
      return data.raw !== undefined;
    default:
      return data[channel.slot].has(channel.key);
  }
}
