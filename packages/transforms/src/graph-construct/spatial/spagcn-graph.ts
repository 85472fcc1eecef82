import {
  DataError,
  defineParams,
  DenseMatrix,
  Pacer,
  type AnnData,
  type CsrMatrix,
  type ParamInput,
} from '@dance-ts/core';
import { z } from 'zod';
import { BaseTransform, type TransformContext, type TransformSpec } from '../../transform.js';
import { spotDistances } from './characteristic-length.js';
import { histologyAxis, imageOf, meanAndVariance } from './spagcn-places.js';
import { pairsWithin, pitchOf, readSpotGraph, SPATIAL_KEYS, spotPlaces } from './spots.js';

/** Key of `obsp` for the distances, and of `obsm` for the places they are between. */
export const SPAGCN_GRAPH_KEY = 'SpaGCNGraph';

/** Key of `obsp` for the distances in the plane. */
export const SPAGCN_GRAPH_2D_KEY = 'SpaGCNGraph2D';

const params = defineParams({
  alpha: z.number().min(0).default(1).describe('Weight of the color against the place'),
  beta: z.int().min(1).default(49).describe('Side of the window for the color, in pixels'),
  histology: z
    .enum(['auto', 'on', 'off'])
    .default('auto')
    .describe('Use the image: where there is one, always, or never'),
  coords: z
    .enum(['pixel', 'array'])
    .default('pixel')
    .describe('Places: pixels in units of the pitch, or indices of the array as they are'),
  radius: z
    .number()
    .positive()
    .default(6)
    .describe('Pairs of spots farther apart in the plane are left out; in the unit of the places'),
  imageKey: z.string().min(1).default('image').describe('Key of uns with the image'),
  out: z.string().min(1).default(SPAGCN_GRAPH_KEY).describe('Key of obsp and obsm to write'),
});

/**
 * Distances of SpaGCN between spots near each other: of (x, y, z), with x and y the place and z the
 * standardized color of the tissue around the spot times alpha max(sd x, sd y). Places go to
 * `obsm`, [nSpots, 3], distances to `obsp`; read them back with `readSpaGCNGraph`.
 *
 * DANCE keeps the distances of all pairs and measures on array indices, where the steps of a Visium
 * slide differ by direction; here they are those within `radius`, in pitches. Weights
 * exp(-d^2 / 2 l^2) of the others are 0 for an l up to a fifth of the radius.
 *
 * Source: Hu et al., Nature Methods 18:1342, 2021; DANCE.
 */
export class SpaGCNGraph extends BaseTransform<typeof params> {
  static readonly spec: TransformSpec<typeof params> = {
    name: 'SpaGCNGraph',
    group: 'graph',
    summary: 'Distances of spots near each other, in place and color.',
    formula: 'd_ij = |(x, y, z)_i - (x, y, z)_j|, z = standardized color alpha max(sd x, sd y)',
    source: 'Hu et al., Nature Methods 18:1342, 2021',
    usedBy: ['SpaGCN'],
    params,
  };

  /** @throws ParamError for an unknown or invalid parameter */
  constructor(input?: ParamInput<typeof params>) {
    super(SpaGCNGraph.spec, input);
  }

  /** @throws DataError without places, without the image if it must be used, or for a spot outside */
  protected override async transform(data: AnnData, context: TransformContext): Promise<AnnData> {
    const { coords, radius, out } = this.params;
    const plane = spotPlaces(data, SPATIAL_KEYS[coords], this.name);
    const unit = coords === 'pixel' ? pitchOf(plane) : 1;
    const places = this.withColor(data, plane, unit, context);
    const view = data.view();
    view.obsm.set(out, places);
    view.obsp.set(out, await spotDistances(places, radius, new Pacer(context.signal)));
    return view;
  }

  private withColor(
    data: AnnData,
    plane: DenseMatrix,
    unit: number,
    { reporter }: TransformContext,
  ): DenseMatrix {
    const { alpha, beta, histology, imageKey } = this.params;
    const z = histology === 'off' ? undefined : this.colorAxis(data, imageKey, beta);
    if (z === undefined && histology !== 'off') {
      reporter?.message('warning', `${this.name}: no image uns["${imageKey}"], places only`);
    }
    if (z?.every((value) => value === 0)) {
      reporter?.message('warning', `${this.name}: all spots have one color, places only`);
    }
    const [x, y] = [0, 1].map((axis) =>
      Float64Array.from({ length: plane.nRows }, (_, i) => plane.get(i, axis) / unit),
    ) as [Float64Array, Float64Array];
    const variances = [x, y].map((values) => meanAndVariance(values).variance);
    const scale = alpha * Math.sqrt(Math.max(...variances));
    return DenseMatrix.fromRows(Array.from(x, (value, i) => [value, y[i]!, (z?.[i] ?? 0) * scale]));
  }

  private colorAxis(data: AnnData, imageKey: string, beta: number): Float64Array | undefined {
    const image = imageOf(data, imageKey, this.name);
    if (image === undefined) {
      if (this.params.histology !== 'on') return undefined;
      throw new DataError(`${this.name}: the data have no image uns["${imageKey}"]`, {
        remedy: 'Read it from a file, or set histology to "off".',
      });
    }
    const pixels = spotPlaces(data, SPATIAL_KEYS.pixel, this.name);
    return histologyAxis(image, pixels, { beta, spotNames: data.obsNames, owner: this.name });
  }
}

const planeParams = defineParams({
  channel: z
    .string()
    .min(1)
    .default(SPATIAL_KEYS.pixel)
    .describe('Key of obsm with the places of the spots'),
  radius: z
    .number()
    .positive()
    .default(6)
    .describe('Pairs of spots farther apart are left out; in pitches'),
  out: z.string().min(1).default(SPAGCN_GRAPH_2D_KEY).describe('Key of obsp for the distances'),
});

/**
 * Distances in the plane between spots near each other, in the unit of the channel, for refining
 * labels. DANCE keeps those of all pairs. Read them back with `readSpaGCNGraph(data,
 * 'SpaGCNGraph2D')`.
 *
 * Source: Hu et al., Nature Methods 18:1342, 2021; DANCE.
 */
export class SpaGCNGraph2D extends BaseTransform<typeof planeParams> {
  static readonly spec: TransformSpec<typeof planeParams> = {
    name: 'SpaGCNGraph2D',
    group: 'graph',
    summary: 'Distances in the plane of spots near each other.',
    formula: 'd_ij = |s_i - s_j|',
    source: 'Hu et al., Nature Methods 18:1342, 2021',
    usedBy: ['SpaGCN'],
    params: planeParams,
  };

  /** @throws ParamError for an unknown or invalid parameter */
  constructor(input?: ParamInput<typeof planeParams>) {
    super(SpaGCNGraph2D.spec, input);
  }

  /** @throws DataError without places of spots; AbortError */
  protected override async transform(
    data: AnnData,
    { signal }: TransformContext,
  ): Promise<AnnData> {
    const { channel, radius, out } = this.params;
    const places = spotPlaces(data, channel, this.name);
    const view = data.view();
    view.obsp.set(out, await pairsWithin(places, radius * pitchOf(places), new Pacer(signal)));
    return view;
  }
}

/**
 * The distances that `SpaGCNGraph` left in `obsp`, [nSpots, nSpots]: pairs near each other, without
 * the diagonal. A stored 0 is a distance, too.
 *
 * @throws DataError if there are none
 */
export function readSpaGCNGraph(data: AnnData, key = SPAGCN_GRAPH_KEY): CsrMatrix {
  return readSpotGraph(data, key);
}
