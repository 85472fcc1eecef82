import { describeDataset } from './catalogue/catalogue.js';
import { describeModalityPair } from './catalogue/modality-pairs.js';
import type { ResolveOptions } from './files/resolve.node.js';
import { loadDataset } from './load-dataset.node.js';
import { pairModalities, type PairedData } from './paired-data.js';
import { simulateEmbeddedPair } from './simulate/embedded.js';

/**
 * Two modalities of the same cells by the name of their pair, with the splits of obs["split"]: for
 * modality prediction as it is (or the other way round by `swapModalities`), for matching by
 * `hidePairing`, for joint embedding as it is or by `toMuData`.
 *
 * @throws ParamError for an unknown name; IoError, DataError, FormatError if a file cannot be had
 */
export async function loadModalityPair(
  name: string,
  options: ResolveOptions = {},
): Promise<PairedData> {
  const { datasets, kinds } = describeModalityPair(name);
  const { labelKey } = describeDataset(datasets[0]);
  const simulated = await simulateEmbeddedPair(name, options);
  if (simulated !== undefined) {
    return pairModalities(simulated[0].data, simulated[1].data, { kinds, labelKey });
  }
  const mod1 = await loadDataset(datasets[0], options);
  const mod2 = await loadDataset(datasets[1], options);
  return pairModalities(mod1, mod2, { kinds, labelKey });
}
