import { AnnData, DataError, defineParams } from '@dance-ts/core';
import { BaseTransform, type TransformSpec } from '../transform.js';

const params = defineParams({});

/**
 * Restricts `raw` to the genes that X has now, in the order of X. Needed for data that come with a
 * `raw`; the layer that `SaveRaw` keeps follows every choice of genes by itself.
 *
 * Source: DANCE.
 */
export class UpdateRaw extends BaseTransform<typeof params> {
  static readonly spec: TransformSpec<typeof params> = {
    name: 'UpdateRaw',
    group: 'misc',
    summary: 'Restricts the matrix kept aside to the genes that are left.',
    source: 'DANCE',
    usedBy: [],
    params,
  };

  /** @throws ParamError for any parameter */
  constructor(input?: Record<string, unknown>) {
    super(UpdateRaw.spec, input);
  }

  /** @throws DataError without raw, or if it lacks a gene */
  protected override transform(data: AnnData): AnnData {
    const { raw } = data;
    if (raw === undefined) {
      throw new DataError(`${this.name}: the data have no raw`, {
        remedy: 'Leave the step out: the layer of SaveRaw has the right genes already.',
      });
    }
    const columns = data.varNames.map((gene) => raw.var.indexOf(gene));
    const missing = columns.indexOf(-1);
    if (missing >= 0) {
      throw new DataError(`${this.name}: raw has no gene "${data.varNames[missing]!}"`, {
        remedy: 'Keep the names of the genes, or leave the step out.',
      });
    }
    const {
      obs,
      var: variables,
      obsm,
      varm,
      obsp,
      varp,
      layers,
      uns,
      splits,
      channels,
    } = data.view();
    const updated = new AnnData({
      ...{ X: data.hasX ? data.X : undefined, obs, var: variables },
      ...{ obsm, varm, obsp, varp, layers, uns },
      raw: {
        X: raw.X.selectColumns(columns),
        var: raw.var.selectRows(columns),
        varm: new Map([...raw.varm].map(([key, value]) => [key, value.selectRows(columns)])),
      },
    });
    updated.splits = splits;
    updated.channels = channels;
    return updated;
  }
}
