import type { Json } from '@dance-ts/core';

/** A setting of a model beside its defaults, the same on every data set. */
export interface Setting {
  readonly name: string;
  readonly model: string;
  /** As it stands in the report, behind the name of the model. */
  readonly title: string;
  /** Whether the fit is told of labels; such a setting has a table of its own. */
  readonly supervised: boolean;
  /** What differs from the defaults. */
  readonly params: Readonly<Partial<Record<'model' | 'fit' | 'preprocess', Record<string, Json>>>>;
}

/** Settings by name. */
export const SETTINGS: ReadonlyMap<string, Setting> = new Map(
  [
    {
      ...{ name: 'scdcc-pairs', model: 'scdcc', supervised: true },
      title: '2,000 pairs of a tenth of the cells',
      params: { preprocess: { nPairwise: 2000 } },
    },
    {
      ...{ name: 'graphsc-leiden', model: 'graphsc', supervised: false },
      title: 'Leiden',
      params: { model: { clusterMethod: 'leiden' } },
    },
    {
      ...{ name: 'graphsc-authors', model: 'graphsc', supervised: false },
      title: "the authors' 10 epochs",
      params: { fit: { epochs: 10 } },
    },
    {
      ...{ name: 'scdsc-authors', model: 'scdsc', supervised: false },
      title: "authors' training",
      params: { model: { labelsFrom: 'pred' }, fit: { lr: 1e-4, updateInterval: 1 } },
    },
  ].map((setting) => [setting.name, setting]),
);
