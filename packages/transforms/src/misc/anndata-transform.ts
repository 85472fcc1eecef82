import { defineParams, nearNames, ParamError, type AnnData, type ParamInput } from '@dance-ts/core';
import { z } from 'zod';
import { Compose } from '../compose.js';
import { danceParams } from '../pipeline/dance-params.js';
import { getTransform } from '../registry.js';
import { keepGenes } from '../select.js';
import {
  BaseTransform,
  type Transform,
  type TransformContext,
  type TransformSpec,
} from '../transform.js';

/** Arguments of a function of scanpy. */
type Kwargs = Readonly<Record<string, unknown>>;

/** Arguments that say where a result goes or how it is computed, not what it is. */
const WITHOUT_EFFECT = new Set([
  'inplace',
  'copy',
  'chunked',
  'svd_solver',
  'random_state',
  'dtype',
]);

/** Functions of scanpy that pipelines name, as transforms. */
const FUNCTIONS: Readonly<Record<string, (kwargs: Kwargs) => Transform>> = {
  filter_cells: (kwargs) => made('FilterCellsScanpy', kwargs),
  filter_genes: (kwargs) => made('FilterGenesScanpy', kwargs),
  highly_variable_genes: (kwargs) =>
    made('HighlyVariableGenes', { flavor: 'seurat', subset: false, ...kwargs }),
  log1p: (kwargs) => made('Log1P', kwargs),
  normalize_per_cell: (kwargs) => normalizePerCell(kwargs),
  normalize_total: (kwargs) => made('NormalizeTotal', kwargs),
  pca: (kwargs) => principalComponents(kwargs),
  scale: (kwargs) => made('Scale', kwargs),
};

const params = defineParams({
  func: z
    .string()
    .min(1)
    .describe(`Function of scanpy.pp: ${Object.keys(FUNCTIONS).sort().join(', ')}`),
  kwargs: z
    .record(z.string(), z.unknown())
    .default({})
    .describe("Its arguments, by scanpy's names or those of the transform here"),
});

/**
 * A preprocessing function of scanpy by its name (`scanpy.pp.log1p`, `sc.pp.log1p` or `log1p`), as
 * DANCE's pipelines have them. Each stands for the transform here that does the same; arguments
 * without effect on the values (`inplace`, `svd_solver` ...) are passed over.
 *
 * As in scanpy, `pca` uses the genes that an earlier `highly_variable_genes` marked, unless
 * `use_highly_variable` is false, and `normalize_per_cell` drops cells with fewer than `min_counts`
 * (1) counts.
 *
 * Source: Wolf, Angerer & Theis, Genome Biology 19:15, 2018; DANCE.
 */
export class AnnDataTransform extends BaseTransform<typeof params> {
  static readonly spec: TransformSpec<typeof params> = {
    name: 'AnnDataTransform',
    group: 'misc',
    summary: 'Runs the preprocessing function of scanpy that is named.',
    source: 'Wolf, Angerer & Theis, Genome Biology 19:15, 2018',
    usedBy: [],
    params,
  };
  private readonly step: Transform;

  /** @throws ParamError for an unknown function or argument */
  constructor(input?: ParamInput<typeof params> | Record<string, unknown>) {
    super(AnnDataTransform.spec, input);
    const { func, kwargs } = this.params;
    const name = func.slice(func.lastIndexOf('.') + 1);
    const build = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
    if (build === undefined) {
      const near = nearNames(name, Object.keys(FUNCTIONS));
      throw new ParamError(`AnnDataTransform knows no function "${func}"`, {
        expected:
          near.length > 0 ? `perhaps ${near.join(' or ')}` : Object.keys(FUNCTIONS).join(', '),
        remedy: 'Use a transform of this library, or write one: a name cannot run code of a file.',
      });
    }
    const effective = Object.entries(kwargs).filter(([key]) => !WITHOUT_EFFECT.has(key));
    this.step = build(Object.fromEntries(effective));
  }

  /** @throws as the transform it stands for */
  protected override async transform(data: AnnData, context: TransformContext): Promise<AnnData> {
    return this.step.apply(data, context);
  }
}

function made(name: string, kwargs: Kwargs): Transform {
  const transform = getTransform(name);
  return new transform(danceParams(transform, kwargs));
}

function normalizePerCell({ counts_per_cell_after, min_counts, ...kwargs }: Kwargs): Transform {
  return new Compose([
    made('FilterCellsScanpy', { min_counts: min_counts ?? 1 }),
    made('NormalizeTotal', { target_sum: counts_per_cell_after ?? null, ...kwargs }),
  ]);
}

function principalComponents({ n_comps, use_highly_variable, ...kwargs }: Kwargs): Transform {
  const components = made('CellPCA', { n_components: n_comps ?? null, ...kwargs });
  return {
    name: components.name,
    params: components.params,
    apply: async (data, context) => {
      const marked = data.var.find('highly_variable');
      if (marked?.kind !== 'boolean' || use_highly_variable === false) {
        return components.apply(data, context);
      }
      const chosen = await components.apply(keepGenes(data, marked.values, 'pca'), context);
      const view = data.view();
      for (const [key, value] of chosen.obsm) view.obsm.set(key, value);
      for (const [key, value] of chosen.uns) view.uns.set(key, value);
      return view;
    },
  };
}
