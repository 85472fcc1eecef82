import type { RegisteredModel } from '@dance-ts/core';
import type { CellParams } from '../clustering-bench/cells.js';
import { defaultParams } from '../default-params.js';

/** Version of {@link AnnotationCell}; a new one makes every cell a new one. */
export const ANNOTATION_CELL_SCHEMA = 1;

/**
 * A model, its independent implementation in Python, the methods without a model, a model that
 * never saw one of the classes, or a model that labels very many cells as a stream.
 */
export type AnnotationKind = 'model' | 'peer' | 'controls' | 'class left out' | 'stream';

/** One run of the benchmark: everything that its result depends on. */
export interface AnnotationCell {
  readonly schema: typeof ANNOTATION_CELL_SCHEMA;
  readonly kind: AnnotationKind;
  /** Id of the model; null for controls. */
  readonly model: string | null;
  /** Name of the pair of reference and query. */
  readonly dataset: string;
  readonly seed: number;
  /** Without the seed; null for controls and peers, which have the same defaults of their own. */
  readonly params: CellParams | null;
  /** Class whose cells are taken out of the reference. */
  readonly leftOut: string | null;
}

/** What the benchmark is to run. */
export interface AnnotationPlan {
  readonly models: readonly RegisteredModel[];
  /** Pairs, with the classes that are left out in turn. */
  readonly pairs: readonly {
    readonly name: string;
    readonly leaveOut: readonly string[];
    /** Whether its cells are also labelled again and again, as a stream. */
    readonly isStreamed: boolean;
  }[];
  readonly nSeeds: number;
  readonly device: string;
  readonly withPeers: boolean;
}

/** The cells of a plan: all of seed 0 first, controls before the models. */
export function planAnnotationCells(plan: AnnotationPlan): AnnotationCell[] {
  const cells: AnnotationCell[] = [];
  for (let seed = 0; seed < plan.nSeeds; seed++) {
    for (const { name: dataset, leaveOut, isStreamed } of plan.pairs) {
      const common = { schema: ANNOTATION_CELL_SCHEMA, dataset, seed, leftOut: null } as const;
      cells.push({ ...common, kind: 'controls', model: null, params: null });
      for (const { spec } of plan.models) {
        const params = defaultParams(spec, plan.device);
        cells.push({ ...common, kind: 'model', model: spec.id, params });
        if (plan.withPeers) cells.push({ ...common, kind: 'peer', model: spec.id, params: null });
        if (seed > 0) continue;
        if (isStreamed && spec.inference === 'inductive') {
          cells.push({ ...common, kind: 'stream', model: spec.id, params });
        }
        for (const leftOut of leaveOut) {
          cells.push({ ...common, kind: 'class left out', model: spec.id, params, leftOut });
        }
      }
    }
  }
  return cells;
}
