import type { Rng } from '@dance-ts/core';
import { randomFields } from './random-field.js';
import type { SpatialValues } from './spatial-params.js';

/** Spots of the seven layers of slice 151673 of the human cortex (Maynard et al., 2021). */
const LAYER_SHARES = [273, 253, 989, 218, 673, 692, 513];
/** Distance of the rows of a hexagonal lattice with spots one apart. */
export const ROW_STEP = Math.sqrt(3) / 2;
/** Logit by which types without a layer of their own are preferred everywhere. */
const EVERYWHERE = 0.8;

/** Spots of a section: where they are, their layer and what they should consist of. */
export interface Tissue {
  /** Positions in distances of spots. */
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly arrayRows: Int32Array;
  readonly arrayColumns: Int32Array;
  readonly layers: Int32Array;
  /** Expected proportions, spots x types, row-major. */
  readonly proportions: Float64Array;
}

/** Draws a section: a hexagonal lattice cut into wavy layers, each with its own mixture of types. */
export function drawTissue(values: SpatialValues, rng: Rng): Tissue {
  const n = values.nRows * values.nColumns;
  const arrayRows = Int32Array.from({ length: n }, (_, s) => Math.floor(s / values.nColumns));
  const arrayColumns = arrayRows.map((row, s) => 2 * (s % values.nColumns) + (row % 2));
  const x = Float64Array.from(arrayColumns, (column) => column / 2);
  const y = Float64Array.from(arrayRows, (row) => row * ROW_STEP);
  const layers = cutLayers(values.nLayers, x, y, rng.fork('layers'));
  const proportions = drawProportions(values, { x, y, layers }, rng.fork('composition'));
  return { x, y, arrayRows, arrayColumns, layers, proportions };
}

/** Layer of each spot: its depth, made wavy, cut so that the layers have their shares. */
function cutLayers(nLayers: number, x: Float64Array, y: Float64Array, rng: Rng): Int32Array {
  const [width, height] = [largest(x), largest(y)];
  const phase = 2 * Math.PI * rng.uniform();
  const bumps = randomFields(x, y, 8, 1, rng);
  const depths = y.map(
    (value, s) =>
      value / height + 0.06 * Math.sin((2 * Math.PI * x[s]!) / width + phase) + 0.03 * bumps[s]!,
  );
  const order = [...depths.keys()].sort((a, b) => depths[a]! - depths[b]!);
  const shares = LAYER_SHARES.slice(0, nLayers);
  const total = shares.reduce((sum, share) => sum + share, 0);
  const layers = new Int32Array(x.length);
  let [end, start] = [0, 0];
  shares.forEach((share, layer) => {
    end += share;
    const stop = Math.round((end / total) * x.length);
    for (let place = start; place < stop; place++) layers[order[place]!] = layer;
    start = stop;
  });
  return layers;
}

/** Expected proportions: those of the layers, blurred over the spots around and varied smoothly. */
function drawProportions(
  values: SpatialValues,
  { x, y, layers }: Pick<Tissue, 'x' | 'y' | 'layers'>,
  rng: Rng,
): Float64Array {
  const { nLayers, nTypes, own, tau, ell } = values;
  const logits = Float64Array.from({ length: nLayers * nTypes }, (_, e) => {
    const [layer, type] = [Math.floor(e / nTypes), e % nTypes];
    const preference = type === layer ? own : type >= nLayers ? EVERYWHERE : 0;
    return 0.5 * rng.normal() + preference;
  });
  softmaxRows(logits, nTypes);
  const mixed = blurLayers(values, layers, logits);
  const fields = randomFields(x, y, ell, nTypes, rng.fork('fields'));
  const proportions = mixed.map((share, e) => Math.log(share) + tau * fields[e]!);
  softmaxRows(proportions, nTypes);
  return proportions;
}

/** Means of the layers' proportions over the spots around, weighted by a Gaussian of their distance. */
function blurLayers(
  { nRows, nColumns, nTypes, blur }: SpatialValues,
  layers: Int32Array,
  proportions: Float64Array,
): Float64Array {
  const mixed = new Float64Array(layers.length * nTypes);
  const reach = Math.ceil(4 * blur);
  const rowReach = Math.ceil(reach / ROW_STEP);
  for (let s = 0; s < layers.length; s++) {
    const [row, column] = [Math.floor(s / nColumns), s % nColumns];
    let total = 0;
    for (let r = Math.max(0, row - rowReach); r <= Math.min(nRows - 1, row + rowReach); r++) {
      const shift = ((r % 2) - (row % 2)) / 2;
      for (let c = Math.max(0, column - reach); c <= Math.min(nColumns - 1, column + reach); c++) {
        const squared = (c - column + shift) ** 2 + ((r - row) * ROW_STEP) ** 2;
        const weight = squared === 0 ? 1 : blur === 0 ? 0 : Math.exp(-squared / (2 * blur * blur));
        total += weight;
        const layer = layers[r * nColumns + c]!;
        for (let t = 0; t < nTypes; t++) {
          mixed[s * nTypes + t]! += weight * proportions[layer * nTypes + t]!;
        }
      }
    }
    for (let t = 0; t < nTypes; t++) mixed[s * nTypes + t]! /= total;
  }
  return mixed;
}

/** Turns logits into proportions, row by row, in place. */
function softmaxRows(logits: Float64Array, nColumns: number): void {
  for (let start = 0; start < logits.length; start += nColumns) {
    const row = logits.subarray(start, start + nColumns);
    const top = largest(row, -Infinity);
    let total = 0;
    for (let t = 0; t < nColumns; t++) {
      row[t] = Math.exp(row[t]! - top);
      total += row[t]!;
    }
    for (let t = 0; t < nColumns; t++) row[t]! /= total;
  }
}

function largest(values: Float64Array, floor = 0): number {
  return values.reduce((top, value) => Math.max(top, value), floor);
}
