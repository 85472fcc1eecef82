import { defineParams, type AnnData, type ParamInput } from '@dance-ts/core';
import { z } from 'zod';
import { getTransform } from '../registry.js';
import {
  BaseTransform,
  type Transform,
  type TransformContext,
  type TransformSpec,
} from '../transform.js';
import { channelParam, hasChannel } from './channel-params.js';

const params = defineParams({
  step: z
    .strictObject({
      name: z.string(),
      params: z.record(z.string(), z.unknown()).default({}),
    })
    .describe('Transform to run, {name, params}'),
  has: z
    .array(channelParam)
    .default([])
    .describe('Run only if the data have all of these channels'),
  lacks: z.array(channelParam).default([]).describe('Run only if the data have none of these'),
  minCells: z.int().min(0).default(0).describe('Run only with at least this many cells'),
  minGenes: z.int().min(0).default(0).describe('Run only with at least this many genes'),
});

/**
 * Runs a step only if all conditions hold, and returns the data as they are otherwise: for
 * pipelines that serve data in different states, such as components that a file may bring along.
 */
export class When extends BaseTransform<typeof params> {
  static readonly spec: TransformSpec<typeof params> = {
    name: 'When',
    group: 'misc',
    summary: 'Runs a step only if the data have, or lack, what is named.',
    source: 'DANCE-TS',
    usedBy: [],
    params,
  };
  private readonly step: Transform;

  /** @throws ParamError for an unknown or invalid parameter, also of the step */
  constructor(input?: ParamInput<typeof params> | Record<string, unknown>) {
    super(When.spec, input);
    const { name, params: stepParams } = this.params.step;
    this.step = new (getTransform(name))(stepParams);
  }

  /** @throws as the step */
  protected override async transform(data: AnnData, context: TransformContext): Promise<AnnData> {
    const { has, lacks, minCells, minGenes } = this.params;
    const holds =
      data.nObs >= minCells &&
      data.nVars >= minGenes &&
      has.every((channel) => hasChannel(data, channel)) &&
      !lacks.some((channel) => hasChannel(data, channel));
    return holds ? this.step.apply(data, context) : data.view();
  }
}
