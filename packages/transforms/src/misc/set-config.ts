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
import { channelParam, hasChannel } from './channel-params.js';

const params = defineParams({
  feature: z
    .array(channelParam)
    .min(1)
    .optional()
    .describe('Channels a model reads as features; as they were if left out'),
  label: channelParam.optional().describe('Channel of the labels; as it was if left out'),
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
  if (hasChannel(data, channel)) return;
  throw new DataError(`SetConfig: the data have no ${channelName(channel)}`, {
    remedy: 'Name a channel that an earlier step or the file provides.',
  });
}
