import type { RegisteredModel } from '@dance-ts/core';
import type { CellParams } from '../clustering-bench/cells.js';
import { defaultParams } from '../default-params.js';

/** Version of {@link ImputationCell}; a new one makes every cell a new one. */
export const IMPUTATION_CELL_SCHEMA = 1;

/** A model, its independent implementation in Python, or the methods without a model. */
export type ImputationKind = 'model' | 'peer' | 'controls';

/**
 * `mask`: positive counts are hidden and compared; `split`: molecules are split in two halves, and
 * all entries of the second are compared; `null`: data without structure, in which none may appear.
 */
export type Protocol = 'mask' | 'split' | 'null';

/** One run of the benchmark: everything that its result depends on. */
export interface ImputationCell {
  readonly schema: typeof IMPUTATION_CELL_SCHEMA;
  readonly kind: ImputationKind;
  readonly protocol: Protocol;
  /** Id of the model; null for controls. */
  readonly model: string | null;
  readonly dataset: string;
  /** Of the model and of what is held out. */
  readonly seed: number;
  /** Without the seed; null for controls and peers, which have the same defaults of their own. */
  readonly params: CellParams | null;
}

/** A data set and what can be done with it. */
export interface BenchmarkDataset {
  readonly name: string;
  readonly protocols: readonly Protocol[];
  /** Data set of the catalogue that some cells are drawn from; left out: all cells of `name`. */
  readonly cut?: { readonly from: string; readonly nCells: number };
  /** Models that are not run on it. */
  readonly without?: readonly string[];
}

/** What the benchmark is to run. */
export interface ImputationPlan {
  readonly models: readonly RegisteredModel[];
  readonly datasets: readonly BenchmarkDataset[];
  readonly nSeeds: number;
  readonly device: string;
  /** Models that have a peer which can run. */
  readonly peers: ReadonlySet<string>;
}

/** Models that train networks many times over: one to five minutes a fit on 200 to 400 cells. */
const SLOW = ['scgnn', 'scgnn2'];

/**
 * Data sets of the benchmark. Counts that are not whole numbers cannot be split; the null is one
 * simulated group of cells with independent genes. Slow models are run on cuts of the large sets,
 * with everything they are compared to.
 */
export const IMPUTATION_DATASETS: readonly BenchmarkDataset[] = [
  { name: 'sim-imputation', protocols: ['mask', 'split'] },
  { name: 'sim-imputation-null', protocols: ['null'] },
  { name: 'zeisel_saver_200', protocols: ['mask', 'split'] },
  { name: 'grun_mesc_251', protocols: ['mask'] },
  { name: 'mouse_es_klein_1000x900', protocols: ['mask', 'split'], without: SLOW },
  { name: 'mouse_bladder_top2000', protocols: ['mask', 'split'], without: SLOW },
  { name: 'pbmc4k_top2000', protocols: ['mask', 'split'], without: SLOW },
  { name: 'human_kidney_young_top2000', protocols: ['mask', 'split'], without: SLOW },
  cutOf('mouse_es_klein_1000x900', 300),
  cutOf('mouse_bladder_top2000', 300),
  cutOf('pbmc4k_top2000', 300),
  cutOf('human_kidney_young_top2000', 300),
];

/** The cells of a plan: all of seed 0 first, controls before the models. */
export function planImputationCells(plan: ImputationPlan): ImputationCell[] {
  const cells: ImputationCell[] = [];
  for (let seed = 0; seed < plan.nSeeds; seed++) {
    for (const { name: dataset, protocols, without = [] } of plan.datasets) {
      for (const protocol of protocols) {
        const common = { schema: IMPUTATION_CELL_SCHEMA, protocol, dataset, seed } as const;
        cells.push({ ...common, kind: 'controls', model: null, params: null });
        for (const { spec } of plan.models) {
          if (without.includes(spec.id)) continue;
          const params = defaultParams(spec, plan.device);
          cells.push({ ...common, kind: 'model', model: spec.id, params });
          // The null asks what a method does, not whether two programs agree.
          if (protocol === 'null' || !plan.peers.has(spec.id)) continue;
          cells.push({ ...common, kind: 'peer', model: spec.id, params: null });
        }
      }
    }
  }
  return cells;
}

function cutOf(from: string, nCells: number): BenchmarkDataset {
  return { name: `${from}_${nCells}_cells`, protocols: ['mask', 'split'], cut: { from, nCells } };
}
