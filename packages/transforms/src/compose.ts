import { Pacer, type AnnData } from '@dance-ts/core';
import type { Transform, TransformContext } from './transform.js';

/** A step of a pipeline file. */
export interface PipelineStep {
  readonly name: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/** A step that ran, with the shape of what it returned. */
export interface PipelineRecord extends PipelineStep {
  readonly nObs: number;
  readonly nVars: number;
}

const RECORD_KEY = 'dance_transforms';

/**
 * Transforms one after the other. A `Compose` among the steps is replaced by its own steps, so that
 * a pipeline is always a flat list.
 *
 * Each step draws from a random stream of its own, named after the step, so that adding a step
 * does not change what the others draw. What ran is written into the result, see
 * {@link pipelineRecord}.
 */
export class Compose implements Transform {
  readonly name = 'Compose';
  /** The transforms in order. */
  readonly steps: readonly Transform[];

  constructor(steps: readonly Transform[]) {
    this.steps = steps.flatMap((step) => (step instanceof Compose ? step.steps : [step]));
  }

  /** `{steps}`, as {@link toJson} gives them. */
  get params(): { readonly steps: PipelineStep[] } {
    return { steps: this.toJson() };
  }

  async apply(data: AnnData, context: TransformContext): Promise<AnnData> {
    const pacer = new Pacer(context.signal);
    const uses = new Map<string, number>();
    let current = data.view();
    for (const [i, step] of this.steps.entries()) {
      await pacer.tick();
      const use = (uses.get(step.name) ?? 0) + 1;
      uses.set(step.name, use);
      const rng = context.rng.fork(use === 1 ? step.name : `${step.name}#${use}`);
      const next = await step.apply(current, { ...context, rng });
      current = withRecord(next, pipelineRecord(current), step);
      context.reporter?.progress({
        task: 'preprocessing',
        done: i + 1,
        total: this.steps.length,
        values: { cells: current.nObs, genes: current.nVars },
      });
    }
    return current;
  }

  /** The steps as plain JSON, for `pipelineFromJson`. */
  toJson(): PipelineStep[] {
    return this.steps.map(({ name, params }) => ({ name, params: plainParams(params) }));
  }
}

/** What {@link Compose} ran on these data, oldest first; empty for data that never were. */
export function pipelineRecord(data: AnnData): PipelineRecord[] {
  const lines = data.uns.get(RECORD_KEY);
  return Array.isArray(lines)
    ? lines.map((line: string) => JSON.parse(line) as PipelineRecord)
    : [];
}

function withRecord(data: AnnData, before: readonly PipelineRecord[], step: Transform): AnnData {
  const record: PipelineRecord = {
    name: step.name,
    params: plainParams(step.params),
    nObs: data.nObs,
    nVars: data.nVars,
  };
  const recorded = data.view();
  recorded.uns.set(
    RECORD_KEY,
    [...before, record].map((entry) => JSON.stringify(entry)),
  );
  return recorded;
}

function plainParams(params: Transform['params']): Record<string, unknown> {
  return JSON.parse(JSON.stringify(params)) as Record<string, unknown>;
}
