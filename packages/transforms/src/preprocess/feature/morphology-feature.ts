import {
  DataError,
  defineParams,
  DenseMatrix,
  Pacer,
  type AnnData,
  type ParamInput,
} from '@dance-ts/core';
import { columnMoments, pca } from '@dance-ts/ml';
import { z } from 'zod';
import { imageOf, type Image } from '../../graph-construct/spatial/spagcn-places.js';
import { pitchOf, SPATIAL_KEYS, spotPlaces } from '../../graph-construct/spatial/spots.js';
import { deviationsToDivideBy } from '../../numeric/deviations.js';
import { BaseTransform, type TransformContext, type TransformSpec } from '../../transform.js';
import { colorFeatures, tileOf, type Tile } from './tile-colors.js';
import { textureFeatures } from './tile-textures.js';

/** Key of `obsm` for the features unless another is asked for: where `SMEGraph` looks for them. */
export const MORPHOLOGY_KEY = 'MorphologyFeatureCNN';

const N_FEATURES = 82;

const params = defineParams({
  cropSize: z
    .int()
    .min(1)
    .optional()
    .describe('Half the side of a tile in pixels; half the distance of spots if left out'),
  nComponents: z
    .int()
    .min(1)
    .default(50)
    .describe('Principal components; at most 82 and the number of spots'),
  imageKey: z.string().min(1).default('image').describe('Key of uns with the image'),
  channel: z
    .string()
    .min(1)
    .default(SPATIAL_KEYS.pixel)
    .describe('Key of obsm with row and column of the spots in the image'),
  out: z.string().min(1).default(MORPHOLOGY_KEY).describe('Key of obsm for the features'),
});

/**
 * Features of the histology image around each spot, [spots, nComponents] in `obsm[out]`: 82 numbers
 * for colors, stains (hematoxylin and eosin) and texture of a tile, standardized, principal components.
 *
 * It stands where DANCE's MorphologyFeatureCNN has a network trained on ImageNet, which would have to
 * be downloaded: nothing is learnt from other images here, and published figures of stLearn do not
 * apply. Tiles are cut off at the border of the image.
 *
 * Source: Ruifrok & Johnston, Anal. Quant. Cytol. Histol. 23, 2001; Haralick et al., IEEE Trans. SMC
 * 3, 1973; Ojala et al., IEEE TPAMI 24, 2002. Used by: stLearn.
 */
export class MorphologyFeature extends BaseTransform<typeof params> {
  static readonly spec: TransformSpec<typeof params> = {
    name: 'MorphologyFeature',
    group: 'feature',
    summary: 'Colors, stains and texture of the image around each spot; no trained network.',
    formula: 'PCA of 82 standardized numbers a tile',
    source: 'Ruifrok & Johnston, 2001; Haralick et al., 1973; Ojala et al., 2002',
    usedBy: ['StLearn'],
    params,
  };

  /** @throws ParamError for an unknown or invalid parameter */
  constructor(input?: ParamInput<typeof params>) {
    super(MorphologyFeature.spec, input);
  }

  /**
   * @throws DataError without an image of 3 channels or places, for fewer than 2 spots or one outside
   *   of the image; AbortError
   */
  protected override async transform(data: AnnData, context: TransformContext): Promise<AnnData> {
    const { cropSize, nComponents, imageKey, channel, out } = this.params;
    const image = imageOf(data, imageKey, this.name);
    if (image === undefined || image.shape[2] < 3) {
      throw new DataError(`${this.name}: the data have no color image uns["${imageKey}"]`, {
        remedy: 'Leave this step out: SMEGraph does without image features.',
      });
    }
    const places = spotPlaces(data, channel, this.name);
    const half = cropSize ?? Math.max(1, Math.round(pitchOf(places) / 2));
    const pacer = new Pacer(context.signal);
    const scale = image.data.some((value) => value > 1) ? 255 : 1;
    const features = DenseMatrix.zeros(data.nObs, N_FEATURES);
    for (let i = 0; i < data.nObs; i++) {
      await pacer.tick();
      const tile = cut(image, { row: places.get(i, 0), column: places.get(i, 1), half, scale });
      if (tile === undefined) {
        throw new DataError(`${this.name}: spot "${data.obsNames[i]!}" lies outside of the image`, {
          got: `pixel (${places.get(i, 0)}, ${places.get(i, 1)})`,
          expected: `within ${image.shape[0]} x ${image.shape[1]}`,
          remedy: 'Give row and column at the resolution of the image.',
        });
      }
      features.row(i).set([...colorFeatures(tile), ...textureFeatures(tile)]);
    }
    const { scores } = await pca(features, {
      nComponents: Math.min(nComponents, N_FEATURES, data.nObs),
      scale: deviationsToDivideBy(columnMoments(features)),
      rng: context.rng.fork('svd'),
      signal: context.signal,
    });
    const view = data.view();
    view.obsm.set(out, scores);
    return view;
  }
}

interface Place {
  readonly row: number;
  readonly column: number;
  readonly half: number;
  /** Value of a full channel. */
  readonly scale: number;
}

/** Rows and columns within `half` of a place; undefined if none lie in the image. */
function cut(
  { shape: [height, width, nChannels], data }: Image,
  { row, column, half, scale }: Place,
): Tile | undefined {
  const top = Math.max(0, Math.round(row) - half);
  const left = Math.max(0, Math.round(column) - half);
  const nRows = Math.min(height, Math.round(row) + half) - top;
  const nColumns = Math.min(width, Math.round(column) + half) - left;
  if (nRows <= 0 || nColumns <= 0) return undefined;
  const rgb = new Float64Array(nRows * nColumns * 3);
  for (let p = 0; p < nRows * nColumns; p++) {
    const [r, c] = [top + Math.floor(p / nColumns), left + (p % nColumns)];
    for (let k = 0; k < 3; k++) rgb[3 * p + k] = data[(r * width + c) * nChannels + k]! / scale;
  }
  return tileOf(rgb, nRows, nColumns);
}
