import {
  DataError,
  defineParams,
  MuData,
  parseParams,
  type AnnData,
  type ParamInput,
  type ParamValues,
} from '@dance-ts/core';
import { z } from 'zod';

const params = defineParams({
  mod1: z.string().min(1).default('mod1').describe('Modality whose order of cells is taken'),
  mod2: z.string().min(1).default('mod2').describe('Modality to match'),
  sol: z.string().min(1).optional().describe('Modality with the solution, cut to the same cells'),
});

/**
 * Cuts two modalities, and the solution if there is one, to the cells that all of them have, in the
 * order of the first (DANCE's order changes from run to run); row i is then the same cell in each.
 * Splits follow their cells, other modalities stay as they are.
 *
 * It works on several modalities, so it is no `Transform` of one and cannot be named in a pipeline
 * file: apply it before the pipelines of the modalities.
 *
 * Source: DANCE (FilterCellsCommonMod). Used by: the multimodality models.
 */
export class FilterCellsCommonMod {
  /** Name in messages. */
  readonly name = 'FilterCellsCommonMod';
  /** Parameters with defaults filled in. */
  readonly params: Readonly<ParamValues<typeof params>>;

  /** @throws ParamError for an unknown or invalid parameter */
  constructor(input?: ParamInput<typeof params>) {
    this.params = Object.freeze(parseParams(params, input, this.name));
  }

  /**
   * New data over the same matrices; `data` stays as it is.
   *
   * @throws DataError without a modality, for two cells of one name, or if no cell is shared
   */
  apply(data: MuData): MuData {
    const { mod1, mod2, sol } = this.params;
    const cut = sol === undefined ? [mod1, mod2] : [mod1, mod2, sol];
    const modalities = cut.map((name) => data.get(name));
    modalities.forEach((modality, i) => {
      this.assertDistinct(modality, cut[i]!);
    });
    const shared = data
      .get(mod1)
      .obsNames.filter((cell) => modalities.every(({ obs }) => obs.indexOf(cell) >= 0));
    if (shared.length === 0) {
      throw new DataError(`${this.name}: modalities ${cut.join(', ')} share no cell`, {
        remedy: 'Check that their cells have the same names.',
      });
    }
    return new MuData(
      data.names.map((name) => {
        const modality = data.get(name);
        return [name, cut.includes(name) ? withCells(modality, shared) : modality] as const;
      }),
      data.uns,
    );
  }

  private assertDistinct({ obsNames }: AnnData, modality: string): void {
    const seen = new Set<string>();
    const twice = obsNames.find((name) => seen.size === seen.add(name).size);
    if (twice === undefined) return;
    throw new DataError(`${this.name}: a cell occurs twice in modality "${modality}"`, {
      got: twice,
      remedy: 'Give every cell a name of its own.',
    });
  }
}

/** The cells of these names, in that order. */
function withCells(data: AnnData, names: readonly string[]): AnnData {
  const rows = Int32Array.from(names, (name) => data.obs.indexOf(name));
  const places = new Int32Array(data.nObs).fill(-1);
  rows.forEach((row, i) => {
    places[row] = i;
  });
  const moved = (cells: Int32Array): Int32Array =>
    cells.map((cell) => places[cell]!).filter((place) => place >= 0);
  const kept = data.subset({ obs: rows });
  const { train, val, test } = data.splits;
  kept.splits = { train: moved(train), val: moved(val), test: moved(test) };
  return kept;
}
