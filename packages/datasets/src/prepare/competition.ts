import { AnnData, categoricalFromStrings, type Matrix } from '@dance-ts/core';
import { textValues } from '../concatenate-cells.js';

/**
 * A file of the NeurIPS 2021 competition on two modalities (Luecken et al., 2021), or one made like
 * it, in this library's layout: X holds counts, and what predictions are scored on, X of the file,
 * becomes `layers.normalized`. A column `is_train` becomes `split` (`train` or `test`). Data without
 * a layer `counts` keep their X.
 */
export function fromCompetition(data: AnnData): AnnData {
  const counts = data.layers.get('counts');
  const layers: [string, Matrix][] = [...data.layers].filter(([name]) => name !== 'counts');
  if (counts !== undefined && data.hasX) layers.push(['normalized', data.X]);
  const X = counts ?? (data.hasX ? data.X : undefined);
  const obs = data.obs.copy();
  if (obs.has('is_train') && !obs.has('split')) {
    const isTrain = textValues(obs.get('is_train'));
    const split = isTrain.map((value) => (/^(true|1)$/i.test(value ?? '') ? 'train' : 'test'));
    obs.set('split', categoricalFromStrings(split));
  }
  return new AnnData({ ...{ X, obs, var: data.var, obsm: data.obsm, uns: data.uns }, layers });
}
