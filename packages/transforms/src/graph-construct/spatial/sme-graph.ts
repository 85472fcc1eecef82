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
import { assertFinite } from '../assert-finite.js';
import { sparseRowsInSteps } from '../sparse-rows.js';
import { PointGrid } from './point-grid.js';
import { pitchOf, readSpotGraph, SPATIAL_KEYS, spotPlaces } from './spots.js';

/** Key of `obsp` under which the graph is kept unless another is asked for. */
export const SME_GRAPH_KEY = 'SMEGraph';

const params = defineParams({
  radius: z
    .number()
    .positive()
    .default(3)
    .describe('Spots at least this far apart have weight 0; in units of the array'),
  morphologyChannel: z
    .string()
    .min(1)
    .default('MorphologyFeatureCNN')
    .describe('Key of obsm with features of the image; none are used where there is no such entry'),
  pcaChannel: z.string().min(1).default('X_pca').describe('Key of obsm with the components'),
  out: z.string().min(1).default(SME_GRAPH_KEY).describe('Key of obsp for the graph'),
});

/**
 * Weights of stLearn between spots: 1 if they are nearer than `radius` units in the plane, times
 * the cosine of their image features (at least 0; 1 without an image), times the correlation of
 * their principal components, which may be negative. A spot has weight 1 for itself. Read it back
 * with `readSMEGraph`.
 *
 * The unit is sqrt(a^2 + b^2) with a and b the slopes of pixel on array rows and columns, or, where
 * the data have one kind of places only, the pitch. Only pairs within the radius are looked at.
 *
 * Source: Pham et al., Nature Communications 14:7739, 2023; DANCE.
 */
export class SMEGraph extends BaseTransform<typeof params> {
  static readonly spec: TransformSpec<typeof params> = {
    name: 'SMEGraph',
    group: 'graph',
    summary: 'Weighs neighboring spots by likeness of image and expression.',
    formula: 'A[i, j] = [d_ij < radius unit] max(0, cos(m_i, m_j)) corr(p_i, p_j)',
    source: 'Pham et al., Nature Communications 14:7739, 2023',
    usedBy: ['StLearn'],
    params,
  };

  /** @throws ParamError for an unknown or invalid parameter */
  constructor(input?: ParamInput<typeof params>) {
    super(SMEGraph.spec, input);
  }

  /** @throws DataError without places or components, or for values not finite; AbortError */
  protected override async transform(data: AnnData, context: TransformContext): Promise<AnnData> {
    const { radius, pcaChannel, morphologyChannel, out } = this.params;
    const pixels = spotPlaces(data, SPATIAL_KEYS.pixel, this.name);
    const components = this.unitFeatures(data, pcaChannel, true);
    if (components === undefined) {
      throw new DataError(`${this.name}: the data have no components obsm["${pcaChannel}"]`, {
        remedy: 'Run the transform CellPCA before.',
      });
    }
    const morphology = this.unitFeatures(data, morphologyChannel, false);
    if (morphology === undefined) {
      context.reporter?.message('info', `${this.name}: no image features, places and genes only`);
    }
    const reach = radius * arrayUnit(data, pixels);
    const view = data.view();
    const pacer = new Pacer(context.signal);
    view.obsp.set(out, await weightsWithin(pixels, reach, { components, morphology }, pacer));
    return view;
  }

  /** Rows of length 1, centered before for correlations; undefined if there are none. */
  private unitFeatures(data: AnnData, key: string, center: boolean): DenseMatrix | undefined {
    const features = data.obsm.get(key);
    if (!(features instanceof DenseMatrix)) return undefined;
    assertFinite(features, this.name, `obsm["${key}"]`);
    const unit = features.copy();
    for (let i = 0; i < unit.nRows; i++) {
      const row = unit.row(i);
      const mean = center ? row.reduce((sum, value) => sum + value, 0) / row.length : 0;
      const norm = Math.sqrt(row.reduce((sum, value) => sum + (value - mean) ** 2, 0));
      row.forEach((value, j) => {
        row[j] = norm === 0 ? 0 : (value - mean) / norm;
      });
    }
    return unit;
  }
}

/**
 * The graph that `SMEGraph` left in `obsp`, [nSpots, nSpots].
 *
 * @throws DataError if there is none
 */
export function readSMEGraph(data: AnnData, key = SME_GRAPH_KEY): CsrMatrix {
  return readSpotGraph(data, key);
}

/** Rows of length 1. */
interface SpotFeatures {
  readonly components: DenseMatrix;
  readonly morphology: DenseMatrix | undefined;
}

async function weightsWithin(
  pixels: DenseMatrix,
  reach: number,
  { components, morphology }: SpotFeatures,
  pacer: Pacer,
): Promise<CsrMatrix> {
  const grid = new PointGrid(pixels, reach);
  return sparseRowsInSteps(pixels.nRows, pixels.nRows, pacer, (i, add) => {
    add(i, 1);
    grid.forEachWithin(i, reach, (j, distance) => {
      if (distance >= reach) return;
      const alike = morphology === undefined ? 1 : Math.max(0, dot(morphology, i, j));
      const weight = alike * dot(components, i, j);
      if (weight !== 0) add(j, weight);
    });
  });
}

function dot(rows: DenseMatrix, i: number, j: number): number {
  const [a, b] = [rows.row(i), rows.row(j)];
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += a[k]! * b[k]!;
  return sum;
}

/** Pixels a step of the array; the pitch where there is no array or only one row or column. */
function arrayUnit(data: AnnData, pixels: DenseMatrix): number {
  const array = data.obsm.get(SPATIAL_KEYS.array);
  if (!(array instanceof DenseMatrix) || array.nCols < 2 || array === pixels)
    return pitchOf(pixels);
  const unit = Math.hypot(slope(array, pixels, 0), slope(array, pixels, 1));
  return Number.isFinite(unit) && unit > 0 ? unit : pitchOf(pixels);
}

/** Slope of the least squares line of pixels on array indices along one axis. */
function slope(array: DenseMatrix, pixels: DenseMatrix, axis: 0 | 1): number {
  const n = array.nRows;
  const meanOf = (places: DenseMatrix): number => {
    let sum = 0;
    for (let i = 0; i < n; i++) sum += places.get(i, axis);
    return sum / n;
  };
  const [meanArray, meanPixel] = [meanOf(array), meanOf(pixels)];
  let [products, squares] = [0, 0];
  for (let i = 0; i < n; i++) {
    const deviation = array.get(i, axis) - meanArray;
    products += deviation * (pixels.get(i, axis) - meanPixel);
    squares += deviation * deviation;
  }
  return products / squares;
}
