import { DataError } from '../errors.js';
import type { AnnData } from './anndata.js';
import { copyUns, type UnsDict } from './uns.js';

/** Several modalities measured on (mostly) the same cells: a named list of {@link AnnData}. */
export class MuData {
  private readonly modalities: Map<string, AnnData>;

  /** @throws {@link DataError} if there is no modality */
  constructor(
    modalities: Iterable<readonly [string, AnnData]>,
    readonly uns: UnsDict = new Map(),
  ) {
    this.modalities = new Map(modalities);
    if (this.modalities.size === 0) {
      throw new DataError('MuData needs modalities', { got: 'none' });
    }
  }

  /** Names of the modalities in order. */
  get names(): readonly string[] {
    return [...this.modalities.keys()];
  }

  /**
   * One modality.
   *
   * @throws {@link DataError} naming those there are
   */
  get(name: string): AnnData {
    const modality = this.modalities.get(name);
    if (modality === undefined) {
      throw new DataError(`there is no modality "${name}"`, {
        expected: `one of ${this.names.join(', ')}`,
      });
    }
    return modality;
  }

  /** Names of the cells that every modality has, in the order of the first. */
  sharedObsNames(): readonly string[] {
    const [first, ...others] = [...this.modalities.values()];
    return (first?.obsNames ?? []).filter((name) =>
      others.every((modality) => modality.obs.indexOf(name) >= 0),
    );
  }

  /** The modalities cut to their shared cells, row i being the same cell in each. */
  intersect(): MuData {
    const shared = this.sharedObsNames();
    return new MuData(
      [...this.modalities].map(([name, modality]) => [
        name,
        modality.subset({ obs: shared.map((cell) => modality.obs.indexOf(cell)) }),
      ]),
      copyUns(this.uns),
    );
  }
}
