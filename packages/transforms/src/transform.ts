import {
  parseParams,
  throwIfAborted,
  type AnnData,
  type ParamSchema,
  type ParamValues,
  type Reporter,
  type Rng,
} from '@dance-ts/core';

/** What a transform receives beside the data. */
export interface TransformContext {
  /** Random stream of this run; the same stream gives the same bytes. */
  readonly rng: Rng;
  /** Stops the work with an AbortError. */
  readonly signal?: AbortSignal | undefined;
  /** Receives progress and warnings; silent if left out. */
  readonly reporter?: Reporter | undefined;
}

/** One preprocessing step: annotated data in, new annotated data out. */
export interface Transform {
  /** Name in the registry and in pipeline files, for example `FilterGenesScanpy`. */
  readonly name: string;
  /** Parameters with defaults filled in; plain JSON values. */
  readonly params: Readonly<Record<string, unknown>>;
  /**
   * Returns new data. `data` stays as it is; the result may share its matrices, which must not be
   * written to.
   *
   * @throws DataError, AbortError
   */
  apply(data: AnnData, context: TransformContext): Promise<AnnData>;
}

/** Kinds of transforms, for tables. */
export const TRANSFORM_GROUPS = [
  'filter',
  'normalize',
  'feature',
  'graph',
  'split',
  'misc',
] as const;

/** Kind of a transform, see {@link TRANSFORM_GROUPS}. */
export type TransformGroup = (typeof TRANSFORM_GROUPS)[number];

/** What is declared once about a transform; tables and pipeline files are generated from it. */
export interface TransformSpec<P extends ParamSchema = ParamSchema> {
  readonly name: string;
  readonly group: TransformGroup;
  /** One sentence for tables. */
  readonly summary: string;
  /** What is computed, in one line of plain text; none where the summary says it all. */
  readonly formula?: string;
  /** Where the method comes from: paper or program. */
  readonly source: string;
  /** Models whose pipelines use it. */
  readonly usedBy: readonly string[];
  readonly params: P;
}

/** Base of the transforms: the constructor validates and stores parameters, and nothing else. */
export abstract class BaseTransform<P extends ParamSchema = ParamSchema> implements Transform {
  readonly name: string;
  readonly params: Readonly<ParamValues<P>>;

  /** @throws ParamError for an unknown or invalid parameter */
  protected constructor(spec: TransformSpec<P>, params: unknown) {
    this.name = spec.name;
    this.params = Object.freeze(parseParams(spec.params, params, spec.name));
  }

  /** @throws DataError if the data cannot be transformed, AbortError */
  async apply(data: AnnData, context: TransformContext): Promise<AnnData> {
    throwIfAborted(context.signal);
    return this.transform(data, context);
  }

  /** The work of {@link apply}. */
  protected abstract transform(
    data: AnnData,
    context: TransformContext,
  ): AnnData | Promise<AnnData>;
}
