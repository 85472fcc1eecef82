import { ParamError, sha256Hex, type Json, type RegisteredModel } from '@dance-ts/core';
import { epochParams, noEpochs } from '../epoch-params.js';
import type { Setting } from './settings.js';

/** Version of {@link CellSpec}; a new one makes every cell a new one. */
export const CELL_SCHEMA = 1;

/** Genes of the usual profile: the benchmark gives every method the same number to choose. */
export const PROFILE_GENES = 2000;

/** Parameters of a model by group, defaults filled in. */
export type CellParams = Readonly<Record<'model' | 'fit' | 'preprocess', Record<string, Json>>>;

/** One run of the benchmark: everything that its result depends on. */
export interface CellSpec {
  readonly schema: typeof CELL_SCHEMA;
  /**
   * A trained model, the same one before training, its independent implementation in Python, the
   * methods without a network, or what the clusters of several models have in common.
   */
  readonly kind: 'trained' | 'untrained' | 'peer' | 'controls' | 'consensus';
  /** Id of the model; null for controls and a consensus. */
  readonly model: string | null;
  /** Name of its setting; missing where that is the default. */
  readonly setting?: string;
  readonly dataset: string;
  readonly seed: number;
  /** Names of the cells of a consensus; missing for all else. */
  readonly members?: readonly string[];
  /** Seeds of the members of a consensus; missing for one seed, and for all else. */
  readonly nSeeds?: number;
  /** Without the seed; null for controls and a consensus. */
  readonly params: CellParams | null;
  /** Classes of the data set: given to k-means, and to models that ask for a number of clusters. */
  readonly nClasses: number;
  /** Variable genes of the controls; null: their own default. */
  readonly nTopGenes: number | null;
}

/** A cell and the name of its result. */
export interface NamedCell {
  readonly spec: CellSpec;
  /** 16 hexadecimal digits of the SHA-256 of the specification. */
  readonly hash: string;
}

/** What the benchmark is to run. */
export interface CellPlan {
  readonly models: readonly RegisteredModel[];
  readonly datasets: readonly { readonly name: string; readonly nClasses: number }[];
  readonly nSeeds: number;
  /** Factor on every number of epochs; 1: as published. */
  readonly epochsScale: number;
  /** Genes every model chooses from; null: as each model has it. */
  readonly nTopGenes: number | null;
  readonly device: string;
  /** Models that have a peer which can run. */
  readonly peers: ReadonlySet<string>;
  /** Settings beside the defaults. */
  readonly settings: readonly Setting[];
  /** Whether to add the consensus of the models on each data set, of each seed and of all. */
  readonly consensus: boolean;
}

/**
 * The cells of a plan, all of seed 0 first, so that a run cut short has every model on every data
 * set before it has a second seed; controls come before the models they are compared with,
 * a consensus after them.
 */
export async function planCells(plan: CellPlan): Promise<NamedCell[]> {
  const { nTopGenes, nSeeds } = plan;
  const cells: NamedCell[] = [];
  const ofAllSeeds = new Map<string, string[]>();
  const add = async (spec: CellSpec): Promise<string> => {
    const hash = await hashOf(spec);
    cells.push({ spec, hash });
    return hash;
  };
  for (let seed = 0; seed < nSeeds; seed++) {
    for (const { name: dataset, nClasses } of plan.datasets) {
      const common = { schema: CELL_SCHEMA, dataset, seed, nClasses } as const;
      await add({ ...common, kind: 'controls', model: null, params: null, nTopGenes });
      const members: string[] = [];
      for (const { spec } of plan.models) {
        const params = cellParams({ spec }, plan, nClasses);
        const untrained = { ...params, fit: { ...params.fit, ...noEpochs(spec) } };
        const own = { ...common, model: spec.id, nTopGenes: null };
        await add({ ...own, kind: 'untrained', params: untrained });
        members.push(await add({ ...own, kind: 'trained', params }));
        if (plan.peers.has(spec.id)) {
          await add({ ...own, kind: 'peer', params: withoutDevice(params) });
        }
        for (const setting of plan.settings.filter(({ model }) => model === spec.id)) {
          const ofSetting = { ...own, setting: setting.name };
          const changed = withChanges(params, setting.params);
          if (!setting.supervised && changesNetwork(setting)) {
            const before = withChanges(changed, { fit: noEpochs(spec) });
            await add({ ...ofSetting, kind: 'untrained', params: before });
          }
          await add({ ...ofSetting, kind: 'trained', params: changed });
        }
      }
      if (!plan.consensus) continue;
      const all = [...(ofAllSeeds.get(dataset) ?? []), ...members];
      ofAllSeeds.set(dataset, all);
      const consensus = { ...common, kind: 'consensus', model: null, params: null } as const;
      await add({ ...consensus, nTopGenes: null, members });
      if (seed === 0 || seed < nSeeds - 1) continue;
      await add({ ...consensus, seed: 0, nTopGenes: null, members: all, nSeeds });
    }
  }
  return cells;
}

/** Name of a cell: the same for the same values, in whatever order they are listed. */
export async function hashOf(spec: object): Promise<string> {
  const text = new TextEncoder().encode(canonicalJson(spec));
  return (await sha256Hex(text)).slice(0, 16);
}

/** JSON that is the same for the same values, in whatever order they are listed. */
export function canonicalJson(value: object): string {
  return JSON.stringify(sorted(value as Json));
}

/** A number of clusters is the only thing a model is told about the labels. */
function cellParams(
  { spec }: Pick<RegisteredModel, 'spec'>,
  { epochsScale, nTopGenes, device }: CellPlan,
  nClasses: number,
): CellParams {
  const given = (shape: object, values: Record<string, unknown>): Record<string, unknown> =>
    Object.fromEntries(Object.entries(values).filter(([name]) => name in shape));
  const model = spec.params.parse(given(spec.params.shape, { nClusters: nClasses, device }));
  const defaults = spec.fitParams.parse({}) as Record<string, Json>;
  const scaled = epochParams(spec).map((name): [string, Json] => {
    const epochs = defaults[name];
    return [name, typeof epochs === 'number' ? Math.ceil(epochs * epochsScale) : (epochs ?? null)];
  });
  const genes = nTopGenes === null ? {} : { nTopGenes };
  const preprocess = spec.preprocessParams.parse(given(spec.preprocessParams.shape, genes));
  return {
    model: without('seed', model as Record<string, Json>),
    fit: { ...defaults, ...Object.fromEntries(scaled) },
    preprocess: preprocess as Record<string, Json>,
  };
}

/**
 * The entries that were asked for, by name.
 *
 * @param names - separated by commas; all entries if left out
 * @throws ParamError for an unknown name
 */
export function chosen<T>(
  flag: string,
  names: string | undefined,
  all: ReadonlyMap<string, T>,
): T[] {
  if (names === undefined) return [...all.values()];
  return names.split(',').map((name) => {
    const found = all.get(name.trim());
    if (found !== undefined) return found;
    throw new ParamError(`--${flag}: there is no "${name}"`, {
      expected: `one of ${[...all.keys()].join(', ')}`,
    });
  });
}

/** A copy that lacks one entry. */
export function without<T extends object, K extends keyof T>(name: K, values: T): Omit<T, K> {
  const copy: Partial<T> = { ...values };
  Reflect.deleteProperty(copy, name);
  return copy as Omit<T, K>;
}

function withChanges(params: CellParams, changes: Setting['params']): CellParams {
  const { model, fit, preprocess } = params;
  return {
    model: { ...model, ...changes.model },
    fit: { ...fit, ...changes.fit },
    preprocess: { ...preprocess, ...changes.preprocess },
  };
}

/** A peer computes where it can: its result does not depend on our device. */
function withoutDevice(params: CellParams): CellParams {
  return { ...params, model: without('device', params.model) };
}

/** Whether a setting has another untrained network than the defaults. */
function changesNetwork({ params }: Setting): boolean {
  return params.model !== undefined || params.preprocess !== undefined;
}

function sorted(value: Json): Json {
  if (Array.isArray(value)) return (value as Json[]).map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value as Record<string, Json>);
  entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([name, part]) => [name, sorted(part)]));
}
