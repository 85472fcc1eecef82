import { BaseModel, defineParams, type ModelSpec, type RegisteredModel } from '@dance-ts/core';
import { z } from 'zod';

const spec: ModelSpec = {
  id: 'graphsc',
  name: 'Toy',
  task: 'clustering',
  inference: 'transductive',
  backbone: 'None',
  paper: {
    authors: 'Doe & Roe',
    title: 'A toy',
    venue: 'Toys 1',
    year: 2001,
    doi: '10.1/toy',
  },
  params: defineParams({
    nClusters: z.int().min(2).max(9).default(3).describe('Number of a|b groups'),
    shape: z.enum(['round', 'flat']).default('flat').describe('Shape'),
    parts: z
      .union([z.int().min(2), z.literal('auto')])
      .default('auto')
      .describe('Parts'),
    note: z.string().optional().describe('Free text'),
  }),
  fitParams: defineParams({
    rate: z.number().min(0.5).nullable().default(null).describe('Rate'),
    step: z.number().positive().default(1).describe('Step'),
  }),
  preprocessParams: defineParams({}),
};

/** Learns nothing; stands in for a registered model. */
class Toy extends BaseModel {
  static readonly spec = spec;

  constructor(input?: Record<string, unknown>) {
    super(spec, input);
  }

  static async load(): Promise<Toy> {
    return Promise.resolve(new Toy());
  }

  protected override pipeline(): never {
    throw new Error('not used');
  }

  protected override async train(): Promise<void> {
    return Promise.resolve();
  }

  protected override captureState(): never {
    throw new Error('not used');
  }

  protected override async restoreState(): Promise<void> {
    return Promise.resolve();
  }

  protected override releaseState(): void {
    return undefined;
  }
}

/** A registered model that takes the place of a planned one. */
export const toyModel: RegisteredModel = { spec, model: Toy, datasets: ['toys'] };
