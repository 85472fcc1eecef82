import {
  AnnData,
  categoricalColumn,
  DenseMatrix,
  numericColumn,
  Pacer,
  ParamError,
  parseParams,
  Rng,
  Table,
  type RunOptions,
  type UnsValue,
} from '@dance-ts/core';
import { drawHistology } from './histology.js';
import { countReference, countSpots, drawCellModel } from './spatial-cells.js';
import { spatialParams, type SpatialParams, type SpatialValues } from './spatial-params.js';
import { drawTissue, type Tissue } from './spatial-tissue.js';

/** A simulated section and single cells of the same types. */
export interface SimulatedTissue {
  readonly spots: AnnData;
  readonly reference: AnnData;
}

/**
 * Simulates a layered tissue section whose spots are mixtures of cells, and a single-cell reference.
 *
 * Spots lie on a hexagonal lattice. Wavy layers have the shares of slice 151673 of the human cortex;
 * each prefers a cell type of its own, and proportions are blurred between layers and vary smoothly.
 * Cells are overdispersed around the profile of their type; some genes change in one layer, all vary
 * smoothly over the section. A spot captures part of what its cells hold, by effects of spots and of
 * genes that the reference does not have. The cells of the spots are drawn anew, never taken from the
 * reference.
 *
 * Spots: counts in X, `obs.layer`, `obs.n_cells`, `obs.array_row`, `obs.array_col`, `obsm.spatial`
 * (x and y in pixels), `obsm.spatial_array` (row and column), `obsm.proportions` (cells of each type
 * over all of the spot; columns named by `uns.proportion_names`), with `image` also `uns.image`
 * (height x width x 3, stained with hematoxylin and eosin; positions are its pixels). Reference: counts in X and
 * `obs.cell_type`. Geometry, composition and expression have random streams of their own, so that
 * more genes leave the section as it was.
 *
 * @throws ParamError, also if there are fewer types than layers; AbortError
 */
export async function simulateSpatial(
  params: SpatialParams = {},
  options: RunOptions = {},
): Promise<SimulatedTissue> {
  const values = parseParams(spatialParams, params, 'simulateSpatial');
  if (values.nTypes < values.nLayers) {
    throw new ParamError('nTypes', {
      got: String(values.nTypes),
      expected: `at least one type a layer, ${values.nLayers}`,
    });
  }
  const rng = Rng.fromSeed(values.seed).fork('spatial');
  const pacer = new Pacer(options.signal);
  const tissue = drawTissue(values, rng.fork('tissue'));
  const model = drawCellModel(values, rng.fork('model'));
  const genes = Table.withGeneratedIndex(values.nGenes, 'Gene');
  const types = numberedNames('Type', values.nTypes);
  const reference = new AnnData({
    X: await countReference(values, model, rng.fork('reference'), pacer),
    obs: Table.withGeneratedIndex(values.nTypes * values.refPerType, 'Cell').set(
      'cell_type',
      categoricalColumn(
        Int32Array.from({ length: values.nTypes * values.refPerType }, (_, i) =>
          Math.floor(i / values.refPerType),
        ),
        types,
      ),
    ),
    var: genes,
  });
  reference.channels = { label: { slot: 'obs', key: 'cell_type' } };
  const { X, cells } = await countSpots(values, tissue, model, rng.fork('spots'), pacer);
  const { totals, proportions } = shareOut(cells, values.nTypes);
  const spots = new AnnData({
    ...{ X, obs: describeSpots(values, tissue, totals), var: genes.copy() },
    obsm: [
      ['spatial', positions(tissue, values.pitch)],
      ['spatial_array', columns(tissue.arrayRows, tissue.arrayColumns)],
      ['proportions', proportions],
    ],
    uns: new Map<string, UnsValue>([['proportion_names', types]]),
  });
  spots.channels = { label: { slot: 'obs', key: 'layer' } };
  if (values.image) {
    const image = await drawHistology(tissue, totals, values.pitch, rng.fork('image'), pacer);
    spots.uns.set('image', image);
  }
  return { spots, reference };
}

function describeSpots({ nLayers }: SpatialValues, tissue: Tissue, totals: Int32Array): Table {
  return Table.withGeneratedIndex(tissue.layers.length, 'Spot')
    .set('layer', categoricalColumn(tissue.layers, numberedNames('Layer', nLayers)))
    .set('n_cells', numericColumn(totals))
    .set('array_row', numericColumn(tissue.arrayRows))
    .set('array_col', numericColumn(tissue.arrayColumns));
}

/** Names whose alphabetical order is that of their numbers. */
function numberedNames(prefix: string, n: number): string[] {
  const digits = String(n).length;
  return Array.from({ length: n }, (_, i) => `${prefix}${String(i + 1).padStart(digits, '0')}`);
}

function shareOut(
  cells: Int32Array,
  nTypes: number,
): { totals: Int32Array; proportions: DenseMatrix } {
  const nSpots = cells.length / nTypes;
  const proportions = DenseMatrix.zeros(nSpots, nTypes);
  const totals = new Int32Array(nSpots);
  cells.forEach((count, e) => (totals[Math.floor(e / nTypes)]! += count));
  cells.forEach((count, e) => (proportions.data[e] = count / totals[Math.floor(e / nTypes)]!));
  return { totals, proportions };
}

/** Positions in pixels, one distance of spots away from the edge. */
function positions({ x, y }: Tissue, pitch: number): DenseMatrix {
  const toPixels = (value: number): number => (value + 1) * pitch;
  return columns(x.map(toPixels), y.map(toPixels));
}

function columns(first: ArrayLike<number>, second: ArrayLike<number>): DenseMatrix {
  return DenseMatrix.fromRows(Array.from(first, (value, i) => [value, second[i]!]));
}
